import type { RedactionRule } from "../rule.ts";

const QUOTE = String.raw`N?\\{0,15}["']`;
const QUOTED = (mask: string) => String.raw`${QUOTE}(?<${mask}>(?:[^"'\\\r\n]|''|\\(?!["'])){1,400})\\{0,15}["']`;

/** `IDENTIFIED BY 'hunter2'` */
export const identifiedBy: RedactionRule = {
  id: "sql-identified-by",
  why: "A statement in a log or a dump shows the password that it set",
  keywords: ["identified"],
  pattern: new RegExp(
    String
      .raw`(?:\b[Ii](?:DENTIFIED|dentified)\s{1,4}(?:(?:WITH|with|VIA|via)\s{1,4}\\{0,15}["'\x60]?\w{1,60}\\{0,15}["'\x60]?\s{1,4}(?:BY|AS|USING|by|as|using)|BY|by)\s{1,4}(?:PASSWORD\s{1,4}|VALUES\s{1,4})?${
      QUOTED("mask1")
    }|(?:\b(?:CREATE|ALTER|GRANT|create|alter|grant)\s[^;\r\n]{1,300}?\s|\b(?:CONNECT\sTO|connect\sto)\s\S{1,60}\s)[Ii](?:DENTIFIED\sBY|dentified\sby)\s(?!PASSWORD|VALUES)(?<mask2>[^\s;,'"\\()<]{3,200})|^\s*IDENTIFIED\sBY\s(?!PASSWORD|VALUES)(?<mask3>[^\s;,'"\\()<]{3,200}))`,
    "g",
  ),
  hides: [
    "CREATE USER 'x'@'%' IDENTIFIED BY 'hunter2';",
    '{"q":"ALTER USER x IDENTIFIED WITH caching_sha2_password AS \\"hunter2\\""}',
    "CREATE USER x IDENTIFIED BY hunter2 DEFAULT TABLESPACE users",
  ],
  keeps: ["IDENTIFIED BY ''", "identified 3 issues", "identified by the issuer of the token"],
};

/** `ALTER ROLE x PASSWORD 'hunter2'`, `SET PASSWORD FOR x = 'hunter2'` */
export const sqlPassword: RedactionRule = {
  id: "sql-password",
  why: "A statement in a log or a dump shows the password that it set",
  keywords: [
    "password '",
    "password \\'",
    "password = '",
    "password=n'",
    "password = n'",
    "password('",
    'password "',
    "password for",
    "password x'",
  ],
  pattern: new RegExp(
    String
      .raw`\b(?:CREATE|ALTER|SET|GRANT|ADD|WITH|USER|ROLE|LOGIN|ENCRYPTED|OPTIONS)\b[^;\r\n]{0,300}?\bPASSWORD\s{0,4}(?:FOR\s{1,4}[^\s=]{1,200}\s{0,4})?(?:=\s{0,4})?(?:\(|PASSWORD\s?\()?\s{0,4}${
      QUOTED("mask")
    }`,
    "gi",
  ),
  hides: [
    "ALTER ROLE x WITH LOGIN PASSWORD 'hunter2';",
    "CREATE USER x WITH PASSWORD 'correct horse' VALID UNTIL '2027'",
    "SET PASSWORD FOR 'x'@'h' = 'hunter2'",
    "SET PASSWORD FOR x = PASSWORD('hunter2')",
    "CREATE LOGIN x WITH PASSWORD = N'hunter2'",
    "CREATE USER MAPPING FOR x SERVER y OPTIONS (user 'u', password 'hunter2')",
  ],
  keeps: ["the password 'admin' is not allowed", "ALTER TABLE t ADD COLUMN password text", "SET PASSWORD FOR x"],
};

/** Secrets that are arguments of statements: DuckDB, Redshift, Snowflake. */
export const sqlSecret: RedactionRule = {
  id: "sql-secret",
  why: "A statement in a log or a dump shows the key that it was given",
  keywords: ["secret '"],
  pattern: new RegExp(
    String.raw`\b(?:CREATE|TYPE|KEY_ID)\b[^;\r\n]{0,300}?[(,]\s{0,4}SECRET\s{1,4}${QUOTED("mask")}`,
    "gi",
  ),
  hides: ["CREATE SECRET (TYPE S3, KEY_ID 'a', SECRET 'hunter2')"],
  keeps: ["CREATE SECRET 'x'", "type: secret 'db' was not found"],
};

export const sqlPasswords: RedactionRule[] = [identifiedBy, sqlPassword, sqlSecret];
