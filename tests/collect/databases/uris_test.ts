import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { parseClickhouseUri } from "../../../src/collect/databases/clickhouse_uri.ts";
import { parseMssqlUri } from "../../../src/collect/databases/mssql_uri.ts";
import { parseMysqlDsn } from "../../../src/collect/databases/mysql_dsn.ts";
import { parsePostgresUri } from "../../../src/collect/databases/postgres_uri.ts";
import { parseRedisUri } from "../../../src/collect/databases/redis_uri.ts";

const env = { USER: "me" };

const postgres = [
  ["a URL", "postgres://app:pw@db:6432/name?sslmode=require", {
    hosts: [{ host: "db", port: 6432 }],
    user: "app",
    password: "pw",
    database: "name",
    sslmode: "require",
  }],
  ["a URL with escapes", "postgresql://a%40b:p%2Fw%3A%25@db/n%20m", {
    user: "a@b",
    password: "p/w:%",
    database: "n m",
    sslmode: "prefer",
  }],
  ["an @ in a password, up to the last one", "postgres://app:p@w@db/", { password: "p@w", database: "app" }],
  ["several hosts with ports", "postgres://app@a:1,b:2,[::1]/x", {
    hosts: [{ host: "a", port: 1 }, { host: "b", port: 2 }, { host: "::1", port: 5432 }],
  }],
  ["settings of a URL before its parts", "postgres://app@a/x?host=b&port=7&user=u&password=p&dbname=d", {
    hosts: [{ host: "b", port: 7 }],
    user: "u",
    password: "p",
    database: "d",
  }],
  ["defaults", "postgres://", { hosts: [{ host: "localhost", port: 5432 }], user: "me", database: "me" }],
  ["keywords", "host=db port=6432 user=app password=pw dbname=name sslmode=verify-full connect_timeout=3", {
    hosts: [{ host: "db", port: 6432 }],
    user: "app",
    password: "pw",
    database: "name",
    sslmode: "verify-full",
    timeoutMs: 3000,
  }],
  ["quoted and escaped keywords", String.raw`user = 'a b'  password='it\'s \\ here' host=db dbname=x\ y`, {
    user: "a b",
    password: String.raw`it's \ here`,
    database: "x y",
  }],
  ["an empty keyword", "host=db password='' user=app", { hosts: [{ host: "db", port: 5432 }], user: "app" }],
  ["a Unix socket", "host=/run/pg user=app", { hosts: [{ host: "/run/pg", port: 5432 }] }],
  ["an IPv6 address as keywords have it", "host=::1,db port=1,2", {
    hosts: [{ host: "::1", port: 1 }, { host: "db", port: 2 }],
  }],
  ["certificates' files", "postgres://app@db/x?sslrootcert=/ca&sslcert=/c&sslkey=/k", {
    sslrootcert: "/ca",
    sslcert: "/c",
    sslkey: "/k",
  }],
] as const;

const mysql = [
  ["everything", "app:pw@tcp(db:3307)/name?tls=skip-verify&timeout=5s&allowCleartextPasswords=true", {
    endpoint: { host: "db", port: 3307 },
    user: "app",
    password: "pw",
    database: "name",
    tls: "unverified",
    allowCleartextPasswords: true,
    timeoutMs: 5000,
  }],
  ["the shortest one", "/", { endpoint: { host: "127.0.0.1", port: 3306 }, user: "", tls: "none" }],
  ["a password with every separator, unescaped", "app:p@:/?(w)%41@tcp(db)/x", {
    endpoint: { host: "db", port: 3306 },
    password: "p@:/?(w)%41",
    database: "x",
  }],
  ["a Unix socket", "app@unix(/run/my.sock)/x", { endpoint: { path: "/run/my.sock" }, user: "app" }],
  ["an IPv6 address", "app@tcp([::1]:1)/", { endpoint: { host: "::1", port: 1 } }],
  ["a network without an address", "app@tcp/", { endpoint: { host: "127.0.0.1", port: 3306 } }],
  ["an escaped name", "app@/a%2Fb?tls=preferred", { database: "a/b", tls: "preferred" }],
  ["true and false", "app@/?tls=true", { tls: "verified" }],
] as const;

const mssql = [
  ["a URL", "sqlserver://sa:p%40w@db:1444?database=name&encrypt=true&connection+timeout=7", {
    host: "db",
    port: 1444,
    user: "sa",
    password: "p@w",
    database: "name",
    encrypt: "required",
    trustServerCertificate: false,
    timeoutMs: 7000,
  }],
  ["a URL with an instance", "sqlserver://sa@db/SQLEXPRESS", { host: "db", instance: "SQLEXPRESS", port: undefined }],
  ["no word on encryption", "sqlserver://sa@db", { port: 1433, encrypt: "optional", trustServerCertificate: true }],
  ["trust", "sqlserver://sa@db?encrypt=true&TrustServerCertificate=true", { trustServerCertificate: true }],
  ["strict encryption, which trusts nobody blindly", "server=db;encrypt=strict;trustservercertificate=true", {
    encrypt: "strict",
    trustServerCertificate: false,
  }],
  ["ADO settings", "Server=tcp:db,1444;User ID=sa; Password=pw;Initial Catalog=name;Encrypt=disable", {
    host: "db",
    port: 1444,
    user: "sa",
    password: "pw",
    database: "name",
    encrypt: "disable",
  }],
  ["ADO synonyms", "data source=.;uid=sa;pwd=pw;connect timeout=2", {
    host: "localhost",
    user: "sa",
    password: "pw",
    timeoutMs: 2000,
  }],
  ["a quoted ADO value", 'server=db;password="a;b""c=d";user id=sa', { password: 'a;b"c=d', user: "sa" }],
  ["an equals sign in a value", "server=db;password=a=b;user id=sa", { password: "a=b" }],
  ["an instance in ADO settings", "server=db\\X;user id=sa", { host: "db", instance: "X", port: undefined }],
  ["an instance with a port", "server=db\\X,1500;user id=sa", { host: "db", port: 1500, instance: "X" }],
  ["an ODBC string", "odbc:server=db;user id=sa;password={a;b}}c};", { password: "a;b}c" }],
  ["a Windows account", "server=db;user id=CORP\\jane;password=pw", { domain: "CORP", user: "jane" }],
  ["a certificate's file and name", "sqlserver://sa@db?certificate=/ca.pem&hostNameInCertificate=sql.corp", {
    certificate: "/ca.pem",
    hostNameInCertificate: "sql.corp",
  }],
] as const;

const redis = [
  ["everything", "rediss://app:p%3Aw@cache:6380/2?dial_timeout=3s", {
    endpoint: { host: "cache", port: 6380 },
    user: "app",
    password: "p:w",
    database: 2,
    tls: "verified",
    timeoutMs: 3000,
  }],
  ["a password alone", "redis://:pw@cache", { user: undefined, password: "pw", database: 0, tls: "none" }],
  ["defaults", "redis://", { endpoint: { host: "localhost", port: 6379 } }],
  ["an IPv6 address", "redis://[::1]:7000", { endpoint: { host: "::1", port: 7000 } }],
  ["a Unix socket", "unix://app:pw@/run/redis.sock?db=3", {
    endpoint: { path: "/run/redis.sock" },
    user: "app",
    database: 3,
  }],
  ["skip_verify", "rediss://cache?skip_verify=true", { tls: "unverified" }],
] as const;

const clickhouse = [
  ["everything", "clickhouse://app:pw@ch:9001/name?secure=true&skip_verify=true&dial_timeout=200ms", {
    protocol: "native",
    hosts: [{ host: "ch", port: 9001 }],
    user: "app",
    password: "pw",
    database: "name",
    tls: "unverified",
    timeoutMs: 200,
  }],
  ["defaults", "clickhouse://ch", {
    hosts: [{ host: "ch", port: 9000 }],
    user: "default",
    database: "default",
    tls: "none",
  }],
  ["ports of each protocol", "clickhouse://a,b:1?secure=1", {
    hosts: [{ host: "a", port: 9440 }, { host: "b", port: 1 }],
  }],
  ["http", "http://ch/name", { protocol: "http", hosts: [{ host: "ch", port: 8123 }], database: "name" }],
  ["https", "https://app:pw@ch?database=d", { hosts: [{ host: "ch", port: 8443 }], tls: "verified", database: "d" }],
  ["accounts in the settings", "tcp://ch:9000?username=u&password=p&database=d", {
    user: "u",
    password: "p",
    database: "d",
  }],
] as const;

type Row = readonly [name: string, uri: string, expect: Record<string, unknown>];
type Parse = (uri: string, env: Readonly<Record<string, string>>) => object;
const kinds: [string, Parse, readonly Row[]][] = [
  ["parsePostgresUri", parsePostgresUri, postgres],
  ["parseMysqlDsn", parseMysqlDsn, mysql],
  ["parseMssqlUri", parseMssqlUri, mssql],
  ["parseRedisUri", parseRedisUri, redis],
  ["parseClickhouseUri", parseClickhouseUri, clickhouse],
];
for (const [symbol, parse, rows] of kinds) {
  for (const [name, uri, expect] of rows) {
    Deno.test(`${symbol}() reads ${name}`, () => {
      const found = parse(uri, env) as Record<string, unknown>;
      deepStrictEqual(Object.fromEntries(Object.keys(expect).map((key) => [key, found[key]])), expect);
    });
  }
}

// `planted` stands where a password, or half of one, might.
const refused: [string, Parse, string, RegExp][] = [
  [
    "parsePostgresUri() refuses what is neither form",
    parsePostgresUri,
    "planted",
    /neither a postgres:\/\/ URL nor keywords/,
  ],
  ["parsePostgresUri() refuses an open quote", parsePostgresUri, "password='planted", /neither/],
  [
    "parsePostgresUri() refuses an sslmode that is none",
    parsePostgresUri,
    "postgres://db?sslmode=planted",
    /sslmode is none of/,
  ],
  [
    "parsePostgresUri() refuses a port that is none",
    parsePostgresUri,
    "postgres://app@db:planted/x",
    /port is no number/,
  ],
  [
    "parsePostgresUri() refuses a slash in a password",
    parsePostgresUri,
    "postgres://app:planted/x@db/x",
    /percent-encoded|port/,
  ],
  [
    "parsePostgresUri() refuses a # in a password",
    parsePostgresUri,
    "postgres://app:1#planted@db/x",
    /percent-encoded/,
  ],
  [
    "parsePostgresUri() refuses a % that escapes nothing",
    parsePostgresUri,
    "postgres://app:planted%zz@db/x",
    /starts no escape/,
  ],
  [
    "parsePostgresUri() refuses two ports for three hosts",
    parsePostgresUri,
    "host=a,b,planted port=1,2",
    /ports than hosts/,
  ],
  ["parseMysqlDsn() refuses a URL", parseMysqlDsn, "mysql://app:planted@db/x", /mysql:\/\/ URL is not understood/],
  ["parseMysqlDsn() refuses a missing slash", parseMysqlDsn, "app:planted@tcp(db)", /slash/],
  ["parseMysqlDsn() refuses a network of another kind", parseMysqlDsn, "app:planted@udp(db)/x", /neither tcp nor unix/],
  ["parseMysqlDsn() refuses an open address", parseMysqlDsn, "app:planted@tcp(db/x", /not closed/],
  ["parseMysqlDsn() refuses a tls of another name", parseMysqlDsn, "app@/x?tls=planted", /tls is none of/],
  ["parseMssqlUri() refuses what is neither form", parseMssqlUri, "planted", /neither a sqlserver/],
  ["parseMssqlUri() refuses an open quote", parseMssqlUri, 'server=db;password="planted', /no end/],
  ["parseMssqlUri() refuses an encrypt that is none", parseMssqlUri, "server=db;encrypt=planted", /encrypt is none of/],
  ["parseRedisUri() refuses another scheme", parseRedisUri, "planted://cache", /redis:\/\//],
  ["parseRedisUri() refuses a database that is none", parseRedisUri, "redis://cache/planted", /no number/],
  ["parseRedisUri() refuses what is no URL", parseRedisUri, "cache:planted", /no URL/],
  ["parseClickhouseUri() refuses another scheme", parseClickhouseUri, "planted://ch", /clickhouse:\/\//],
];
for (const [name, parse, uri, message] of refused) {
  Deno.test(`${name}, without quoting it`, () => {
    throws(() => parse(uri, env), (error: Error) => {
      ok(message.test(error.message), error.message);
      ok(!error.message.includes("planted"), error.message);
      return true;
    });
  });
}
