import type { RedactionRule } from "../rule.ts";
import { HARMLESS } from "./env_in_json_string.ts";

const VALUE = new RegExp(`^\\s*"value":\\s*"${HARMLESS}(?<mask>(?:[^"\\\\]|\\\\.)+)"`, "i");

function pair(
  id: string,
  title: string,
  name: string,
  keywords: string[],
  example: string,
  why: string,
): RedactionRule {
  return {
    id,
    title,
    why,
    keywords,
    selector: new RegExp(`"name": *"[^"]{0,200}?${name}[^"]*"`, "i"),
    pattern: VALUE,
    hides: [`"name": "${example}",\n  "value": "hunter-22"`, `"name":"${example}_X",\n"value": "a\\"b\\\\c"`],
    keeps: [
      `"name": "${example}",\n  "value": ""`,
      `"name": "${example}",\n  "value": "$(OTHER)"`,
      `"name": "${example}",\n  "valueFrom": {`,
      `"name": "${example}",\n  "image": "hunter-22"`,
    ],
  };
}

/** Environment variables in pretty-printed JSON: the name on one line, the value on the next. */
export const envInPrettyJson: RedactionRule[] = [
  pair(
    "env-lines-aws-secret-key",
    "Redact AWS Secret Access Key values in multiline JSON",
    "SECRET_?ACCESS_?KEY",
    ["secret_access_key", "secretaccess_key", "secret_accesskey", "secretaccesskey"],
    "AWS_SECRET_ACCESS_KEY",
    "An AWS secret key signs any request of the account",
  ),
  pair(
    "env-lines-aws-access-key",
    "Redact AWS Access Key ID values in multiline JSON",
    "ACCESS_?KEY_?ID",
    ["access_key_id", "accesskey_id", "access_keyid", "accesskeyid"],
    "AWS_ACCESS_KEY_ID",
    "An AWS key's id names the account",
  ),
  pair(
    "env-lines-aws-account",
    "Redact AWS Owner and Account Numbers in multiline JSON",
    "OWNER_?ACCOUNT",
    ["owner_account", "owneraccount"],
    "OWNER_ACCOUNT",
    "An account's number is the first thing an attack on it needs",
  ),
  pair(
    "env-lines-password",
    "Redact password environment variables in multiline JSON",
    "password",
    ["password"],
    "DB_PASSWORD",
    "A password opens what it belongs to",
  ),
  pair(
    "env-lines-token",
    "Redact values that look like API tokens in multiline JSON",
    "token",
    ["token"],
    "API_TOKEN",
    "A token is accepted from whoever shows it",
  ),
  pair(
    "env-lines-database",
    "Redact database connection strings in multiline JSON",
    "database",
    ["database"],
    "DATABASE_URL",
    "Settings of databases often hold the password in a connection string",
  ),
  pair(
    "env-lines-user",
    "Redact usernames in multiline JSON",
    "user",
    ["user"],
    "DB_USER",
    "A user name is half of a login",
  ),
];

export const cephAuthKey: RedactionRule = {
  id: "ceph-auth-key",
  title: "Redact 'key' values found in Ceph auth lists",
  why: "The key of a Ceph entity mounts and changes the storage it is meant for",
  keywords: ['"osd.', '"client.', '"mgr.'],
  selector: /"entity": *"(?:osd|client|mgr)\.[^"]*"/i,
  pattern: /"key": *"(?<mask>[^"\\]{38}==[^"\\]*)"/i,
  hides: [
    `"entity": "client.admin",\n  "key": "${"Ab1+".repeat(9)}Ab=="`,
    ...["osd.0", "mgr.a"].map((entity) => `"entity": "${entity}",\n  "key": "${"AbCd".repeat(9)}Ab=="`),
  ],
  keeps: ['"entity": "client.admin",\n  "key": "short"', `"entity": "mon.a",\n  "key": "${"Ab1+".repeat(9)}Ab=="`],
};
