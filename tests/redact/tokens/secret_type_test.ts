import { equal } from "node:assert/strict";
import { secretType } from "../../../src/redact/tokens/secret_type.ts";

const behaviour: [name: string, rule: string, before: string, value: string, type: string][] = [
  ["the rule", "Redact password environment variables in multiline JSON", "", "x", "PASSWORD"],
  ["the rule before the name", "aws-access-key-id", "password=", "x", "APIKEY"],
  [
    "the rule before the value",
    "Redact 'Pwd' values commonly found in database connection strings",
    "",
    "a@b.io",
    "PASSWORD",
  ],
  ["the first of several words in a rule", "database-url of a token", "", "x", "DATABASE"],
  ["a database by its host", "db-host", "", "x", "DATABASE"],
  ["credentials", "Redact 'key' values found in Ceph auth lists", "", "x", "CREDENTIAL"],
  ["secrets", "private-key", "", "x", "SECRET"],
  ["tokens", "json-web-token", "", "x", "TOKEN"],
  ["keys and certificates", "tls-cert", "", "x", "KEY"],
  ["a name with =", "named-value", "x DB_PASSWORD=", "x", "PASSWORD"],
  ["a name in quotes", "named-value", '{"clientSecret": "', "x", "SECRET"],
  ["a name in JSON in JSON", "named-value", '{\\"apiKey\\":\\"', "x", "APIKEY"],
  ["a name in YAML", "named-value", "  auth.token: ", "x", "CREDENTIAL"],
  ["a name as in Ruby", "named-value", "{'password' => '", "x", "PASSWORD"],
  ["a command line's option", "login-option", "mysql --password ", "x", "PASSWORD"],
  ["no name further away", "named-value", "password=a other=", "x", "GENERIC"],
  ["no name without letters", "mine.literal.0", " : ", "x", "GENERIC"],
  ["an e-mail address", "mine.literal.0", "", "ops@example.com", "EMAIL"],
  ["an IP address", "mine.literal.0", "", "at 10.1.2.3", "IP"],
  ["a word in the value", "mine.literal.0", "", "my-Secret-value", "SECRET"],
  ["nothing", "mine.literal.0", "", "hunter2", "GENERIC"],
];
for (const [name, rule, before, value, type] of behaviour) {
  Deno.test(`secretType() goes by ${name}`, () => equal(secretType(value, rule, before), type));
}
