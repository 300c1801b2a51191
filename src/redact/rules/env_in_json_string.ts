import type { RedactionRule } from "../rule.ts";

interface Variable {
  id: string;
  looksLike: string;
  name: string;
  keywords: string[];
  example: string;
  /** What only this rule hides. */
  alone: { name: string; value: string };
  why: string;
}

/** Environment variables in JSON that is itself a JSON string, such as the annotation kubectl leaves behind: one rule for
 * each of the names existing reports know. Empty values, switches and references stay. */
const VARIABLES: Variable[] = [
  {
    id: "env-json-aws-secret-key",
    looksLike: "look like AWS Secret Access Keys",
    name: "SECRET_?ACCESS_?KEY",
    keywords: ["secret_access_key", "secretaccess_key", "secret_accesskey", "secretaccesskey"],
    example: "AWS_SECRET_ACCESS_KEY",
    alone: { name: "AWS_SECRET_ACCESS_KEY", value: "hunter-22.pem" },
    why: "An AWS secret key signs any request of the account",
  },
  {
    id: "env-json-aws-access-key",
    looksLike: "look like AWS Access Keys",
    name: "ACCESS_?KEY_?ID",
    keywords: ["access_key_id", "accesskey_id", "access_keyid", "accesskeyid"],
    example: "AWS_ACCESS_KEY_ID",
    alone: { name: "AWS_ACCESS_KEY_ID", value: "hunter-22.pem" },
    why: "An AWS key's id names the account",
  },
  {
    id: "env-json-aws-account",
    looksLike: "look like AWS Owner or Account numbers",
    name: "OWNER_?ACCOUNT",
    keywords: ["owner_account", "owneraccount"],
    example: "OWNER_ACCOUNT",
    alone: { name: "OWNER_ACCOUNT", value: "hunter-22" },
    why: "An account's number is the first thing an attack on it needs",
  },
  {
    id: "env-json-password",
    looksLike: "",
    name: 'password[^"\\\\]*',
    keywords: ["password"],
    example: "DB_PASSWORD",
    alone: { name: "PASSWORDLESS", value: "hunter-22" },
    why: "A password opens what it belongs to",
  },
  {
    id: "env-json-token",
    looksLike: "",
    name: 'token[^"\\\\]*',
    keywords: ["token"],
    example: "API_TOKEN",
    alone: { name: "TOKENIZER", value: "hunter-22" },
    why: "A token is accepted from whoever shows it",
  },
  {
    id: "env-json-database",
    looksLike: "",
    name: 'database[^"\\\\]*',
    keywords: ["database"],
    example: "DATABASE_URL",
    alone: { name: "DATABASE_URL", value: "hunter-22" },
    why: "Settings of databases often hold the password in a connection string",
  },
  {
    id: "env-json-user",
    looksLike: "",
    name: 'user[^"\\\\]*',
    keywords: ["user"],
    example: "DB_USER",
    alone: { name: "DB_USER", value: "hunter-22" },
    why: "A user name is half of a login",
  },
];

/** `\"`, `\\\"` … */
const QUOTE = String.raw`(?:\\{1,31}")`;
/** Not hidden: true, false, small numbers, `$(VAR)`. */
export const HARMLESS = String.raw`(?!(?:true|false|\d{1,5}|\$\([^)"]*\)|\$\{[^}"]*\})\\{0,31}")`;

export const envInJsonString: RedactionRule[] = VARIABLES.map(
  ({ id, looksLike, name, keywords, example, alone, why }) => {
    const word = id.slice(id.lastIndexOf("-") + 1);
    return {
      id,
      title: `Redact values for environment variables ${
        looksLike === "" ? `with names beginning with '${word}'` : `that ${looksLike}`
      }`,
      why,
      keywords,
      alsoHas: "\\",
      pattern: new RegExp(
        `${QUOTE}name${QUOTE}:${QUOTE}[^"\\\\]{0,200}?${name}${QUOTE},${QUOTE}value${QUOTE}:${QUOTE}${HARMLESS}(?<mask>[^"\\\\]+)`,
        "gi",
      ),
      hides: [
        String.raw`{"a":"{\"name\":\"${example}\",\"value\":\"hunter-22\"}"}`,
        String.raw`\"name\":\"X_${example.toLowerCase()}\",\"value\":\"hunter-22\"`,
        // a value, or a name, that no other rule takes for a secret's
        String.raw`\"name\":\"${alone.name}\",\"value\":\"${alone.value}\"`,
      ],
      keeps: [
        String.raw`\"name\":\"${example}\",\"value\":\"\"`,
        String.raw`\"name\":\"${example}\",\"value\":\"$(OTHER)\"`,
        String.raw`\"name\":\"${example}\",\"valueFrom\":{}`,
        String.raw`\"name\":\"LOG_LEVEL\",\"value\":\"hunter-22\"`,
      ],
    };
  },
);
