import type { RedactionRule } from "../rule.ts";

export const awsAccessKeyId: RedactionRule = {
  id: "aws-access-key-id",
  why: "The public half of an AWS key names the account and is all a stolen secret key lacks",
  keywords: ["akia", "asia", "abia", "acca"],
  pattern: /(?<![A-Za-z0-9])(?<mask>A(?:KIA|SIA|BIA|CCA)[A-Z2-7][A-Z0-9]{15})(?![A-Za-z0-9])/g,
  hides: ["using AKIA" + "ABCDEFGHIJKLMNOP", '"ASIA' + 'ABCDEFGHIJKLMNOP"'],
  keeps: ["region Asia Pacific", "X-Amz-Credential=AKIAxxxx%2F2026", "MALAYSIAABCDEFGHIJKLMNOP"],
};

export const awsSecretAccessKey: RedactionRule = {
  id: "aws-secret-access-key",
  why: "An AWS secret key signs any request of the account",
  keywords: ["secret_access_key", "secretaccesskey", "secret access key", "secret-access-key"],
  pattern:
    /secret[_ -]?access[_ -]?key["'\\]{0,16}[\s:=,"'\\>]{1,40}(?:value["'\\]{0,16}[\s:=]{1,20}["'\\]{0,16})?(?<mask>[A-Za-z0-9+\/]{40})(?![A-Za-z0-9+\/=])/gi,
  hides: ["AWS secret access key: " + "ab12".repeat(10), "aws_secret_access_key " + "ab/2".repeat(10)],
  keeps: ["secret access key is missing", "secret_access_key " + "ab12".repeat(16)],
};

export const awsKeyPair: RedactionRule = {
  id: "aws-key-pair",
  why: "An AWS secret key signs any request of the account",
  keywords: ["akia", "asia"],
  pattern:
    /(?<![A-Za-z0-9])A(?:KIA|SIA)[A-Z0-9]{16}\\{0,15}["']?\s{0,4}[,:;|\/]?\s{0,4}\\{0,15}["']?(?<mask>[A-Za-z0-9+\/]{40})(?![A-Za-z0-9+\/=])/g,
  hides: [
    'new Credentials("AKIA' + 'ABCDEFGHIJKLMNOP", "' + "ab12".repeat(10) + '")',
    "ASIA" + "ABCDEFGHIJKLMNOP:" + "ab/2".repeat(10),
  ],
  keeps: ["AKIA" + "ABCDEFGHIJKLMNOP " + "ab12".repeat(16), "asia " + "ab12".repeat(10)],
};

export const googleApiKey: RedactionRule = {
  id: "google-api-key",
  why: "A Google API key spends its owner's quota and money",
  keywords: ["aiza"],
  pattern: /(?<![\w-])(?<mask>AIza[\w-]{35})(?![\w-])/g,
  hides: ["?key=AI" + "za" + "b2".repeat(17) + "c&x=1", "maps use AI" + "za" + "b2".repeat(17) + "c"],
  keeps: ["AIzawa is a name", "xAIza" + "b2".repeat(17) + "c"],
};

export const azureClientSecret: RedactionRule = {
  id: "azure-client-secret",
  why: "An application secret of Entra ID signs in as the application",
  keywords: ["q~"],
  pattern: /(?<![\w.~-])(?<mask>[A-Za-z0-9_~.-]{3}\dQ~[\w.~-]{31,34})(?![\w.~-])/g,
  hides: ["login with abc" + "8Q~" + "a1".repeat(17) + " failed"],
  keeps: ["backup8Q~ old", "x8Q~short"],
};

export const azureStorageKey: RedactionRule = {
  id: "azure-storage-key",
  why: "An account key reads and writes everything in the storage account",
  keywords: ["accountkey", "sharedaccesskey"],
  pattern: /(?:Account|SharedAccess)Key=(?<mask>[^;"'\\\s&<>]{16,})/gi,
  hides: [
    "AccountName=a;AccountKey=" + "ab12".repeat(21) + "ab==;EndpointSuffix=x",
    "Endpoint=sb://x;SharedAccessKey=made-up-storage-key",
  ],
  keeps: ["AccountKey=;", "SharedAccessKeyName=Root"],
};
