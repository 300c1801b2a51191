import { ok, strictEqual } from "node:assert/strict";
import { hasOpenssl, makeCertificates } from "../fixtures/certificates.ts";
import { startClickhouse, TEST_CLICKHOUSE } from "../fixtures/clickhouse_server.ts";
import { startMariadb, TEST_MARIADB } from "../fixtures/mariadb_server.ts";
import { startPostgres, TEST_POSTGRES } from "../fixtures/postgres_server.ts";
import { startRedis, TEST_REDIS } from "../fixtures/redis_server.ts";
import { startScriptedSqlServer } from "../fixtures/scripted_sql_server.ts";
import { randomHex } from "../fixtures/server_process.ts";
import { BINARY, Sandbox } from "./program.ts";

const KUBECONFIG = Deno.env.get("TEST_KUBECONFIG");

interface Running {
  password: string;
  /** Addresses that must work, one with TLS where the server has it. */
  uris: string[];
  stop(): Promise<void>;
}

/** What runs in the compiled binary differs from the sources: packages are bundled, and some of them find other exports. */
const servers: [kind: string, needs: string, there: boolean, start: () => Promise<Running>][] = [
  ["postgres", "initdb", TEST_POSTGRES !== undefined, async () => {
    const { port, ...server } = await startPostgres(await makeCertificates());
    const uri = `postgres://app:${server.password}@127.0.0.1:${port}/appdb?sslmode=`;
    return { ...server, uris: [`${uri}disable`, `${uri}require`] };
  }],
  ["mysql", "mariadbd", TEST_MARIADB !== undefined, async () => {
    const { port, ...server } = await startMariadb(await makeCertificates());
    const uri = `app:${server.password}@tcp(127.0.0.1:${port})/appdb?tls=`;
    return { ...server, uris: [`${uri}false`, `${uri}skip-verify`] };
  }],
  ["redis", "redis-server", TEST_REDIS !== undefined, async () => {
    const { port, tlsPort, ...server } = await startRedis(await makeCertificates());
    const account = `:${server.password}@127.0.0.1`;
    return { ...server, uris: [`redis://${account}:${port}`, `rediss://${account}:${tlsPort}?skip_verify=true`] };
  }],
  ["clickhouse", "clickhouse-server", TEST_CLICKHOUSE !== undefined, async () => {
    const { port, httpPort, tlsPort, ...server } = await startClickhouse(await makeCertificates());
    const account = `app:${server.password}@127.0.0.1`;
    const secure = `clickhouse://${account}:${tlsPort}?secure=true&skip_verify=true`;
    return { ...server, uris: [`clickhouse://${account}:${port}`, `http://${account}:${httpPort}`, secure] };
  }],
  ["mssql", "nothing: the server is scripted", true, async () => {
    const password = randomHex(12);
    const answer = "Microsoft SQL Server 2022 (RTM) - 16.0.1000.6 (X64)";
    const server = await Promise.resolve(startScriptedSqlServer({ user: "sa", password, answer }));
    return {
      password,
      uris: [`sqlserver://sa:${password}@127.0.0.1:${server.port}`],
      stop: async () => await server[Symbol.asyncDispose](),
    };
  }],
];

for (const [kind, needs, there, start] of servers) {
  Deno.test({
    name: `the binary logs in to ${kind} (needs ${needs})`,
    ignore: BINARY === undefined || !KUBECONFIG || !hasOpenssl || !there,
    async fn() {
      await using sandbox = await Sandbox.create();
      const { uris, password, stop } = await start();
      try {
        const collectors = uris.map((uri, i) => ({ [kind]: { collectorName: `way${i}`, uri } }));
        const spec = await sandbox.write(
          "spec.yaml",
          JSON.stringify({
            apiVersion: "troubleshoot.sh/v1beta2",
            kind: "SupportBundle",
            metadata: { name: "databases" },
            spec: { collectors },
          }),
        );
        const archive = sandbox.path("bundle.tar.gz");
        const ended = await sandbox.run([spec, "--interactive=false", "--output", archive], {
          env: { KUBECONFIG: KUBECONFIG! },
        });
        const files = await sandbox.unpack(archive);
        for (const i of uris.keys()) {
          const text = files.get(`${kind}/way${i}.json`);
          ok(text !== undefined, ended.stderr);
          strictEqual(JSON.parse(text).isConnected, true, text);
        }
        for (const [path, text] of files) ok(!text.includes(password), `the password is in ${path}`);
        ok(!`${ended.stdout}${ended.stderr}`.includes(password), "the password was printed");
      } finally {
        await stop();
      }
    },
  });
}
