import type { RedactionRule } from "../rule.ts";

const why = "Files of logins have passwords by their place on the line, without a name";

/** `host:port:database:user:password` */
export const pgpassFile: RedactionRule = {
  id: "pgpass-file",
  why,
  keywords: [":"],
  files: /(?:^|\/)\.?pgpass(?:\.conf)?$/,
  proofPath: "home/.pgpass",
  pattern:
    /^(?!#)(?:[^:\\\r\n]|\\.){1,255}:(?:\d{1,5}|\*):(?:[^:\\\r\n]|\\.){1,255}:(?:[^:\\\r\n]|\\.){1,255}:(?<mask>[^\r\n]{1,400})/g,
  hides: ["db.shop:5432:orders:shop:hunter2", "*:*:*:bob:hun\\:ter2"],
  keeps: ["# host:5432:db:user:password", "db.shop:5432"],
};

/** Postfix, `chap-secrets`, `rsyncd.secrets` and their like: `host name:password`, `client server secret addresses`. */
export const secretsFile: RedactionRule = {
  id: "secrets-file",
  why,
  keywords: [":", " ", "\t"],
  files: /(?:^|\/)(?:sasl_passwd|(?:chap|pap)-secrets|rsyncd\.secrets|\.?htdigest|passwd-s3fs)$/,
  proofPath: "etc/ppp/chap-secrets",
  pattern:
    /^(?!\s*#)(?:(?:\S{1,200}\s{1,20})?[^\s:]{1,200}(?::[^\s:]{1,100})?:(?<mask1>[^\s:]{1,400})\s*$|"?[^\s"]{1,100}"?\s{1,40}"?[^\s"]{1,100}"?\s{1,40}"?(?<mask2>[^\s"]{1,400}))/g,
  hides: ["bob * hunter2 *", 'alice pptpd "hunter2" *', "[smtp.example.net]:587 shop@example.net:hunter2"],
  keeps: ["# client server secret addresses", "bob *"],
};

export const loginFiles: RedactionRule[] = [pgpassFile, secretsFile];
