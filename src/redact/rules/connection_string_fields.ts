import type { RedactionRule } from "../rule.ts";

const FIELDS: [id: string, name: string, field: string, keywords: string[]][] = [
  ["connection-data-source", "Data Source", "Data Source", ["data source=", "data source ="]],
  ["connection-location", "location", "location", ["location=", "location ="]],
  ["connection-user-id", "User ID", "User ID", ["user id=", "user id ="]],
  ["connection-password", "password", "password", ["password=", "password ="]],
  ["connection-server", "Server", "Server", ["server=", "server ="]],
  ["connection-database", "Database", "Database", ["database=", "database ="]],
  ["connection-uid", "UID", "Uid", ["uid=", "uid ="]],
  ["connection-pwd", "Pwd", "Pwd", ["pwd=", "pwd ="]],
];

/** `Name=value;` as ADO.NET and ODBC write it. The value ends at the `;`, has no blanks, quotes or braces in it and is no
 * path: what looks like `name = value;` in programs and server configurations stays. */
export const connectionStringFields: RedactionRule[] = FIELDS.map(([id, name, field, keywords]) => ({
  id,
  title: `Redact '${name}' values commonly found in database connection strings`,
  why: "Server, database, user and password are all it takes to read the data",
  keywords,
  alsoHas: ";",
  pattern: new RegExp(
    `(?<![\\w.$-])${field} {0,20}= {0,20}(?!\\$[({]|\\/|\\*|true;|false;|null;|\\d{1,3};)(?<mask>[^;\\s"'\\\\{}<>()]{1,1000});`,
    "gi",
  ),
  // words that may stand for any value, so that no other rule hides them
  hides: [`${field}=default;`, `${field}=foo;`, `Timeout=3;${field} = foo9;Encrypt=True`],
  keeps: [`${field}=abc`, `old${field}=foo;`, `"${field}=","b;c"`, `${field} = /srv/app;`, `${field} = foo bar; baz`],
}));
