import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { dirname, join } from "node:path";
import type { Manifest } from "../../src/bundle/manifest.ts";
import { labelled } from "./labelled.ts";
import { findKubeTarget } from "../../src/kube/kubeconfig.ts";
import { CertificateMaker, HAS_OPENSSL } from "../collect/openssl.ts";
import { BESIDE, HEAD, HOST, HOST_FILES, PARTIAL, type Row, rows } from "./bad_input_rows.ts";
import { BINARY, Sandbox } from "./program.ts";

const KUBECONFIG = Deno.env.get("TEST_KUBECONFIG") ?? "";
const ignore = BINARY === undefined || KUBECONFIG === "";
const caKey = join(dirname(KUBECONFIG), "ca.key");
const canSign = !ignore && HAS_OPENSSL && await Deno.stat(caKey).then(() => true, () => false);

for (const [name, row] of Object.entries(rows)) {
  Deno.test({
    name: `support-bundle with ${name} ends with ${row.exitCode}${
      row.has === undefined ? ", and makes nothing" : ", and has the rest"
    }`,
    ignore,
    fn: async () => {
      await using sandbox = await Sandbox.create();
      await judge(sandbox, row);
    },
  });
}

Deno.test({
  name: "support-bundle with an expired client certificate ends with 6, or 5 beside host collectors",
  ignore: !canSign,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await using maker = await clusterMaker();
    const { pem, key } = await maker.make("old", { subject: "/CN=old", issuer: "cluster", days: -1 });
    await sandbox.write("old.crt", pem);
    await sandbox.write("old.key", key);
    const args = ["--client-certificate", "old.crt", "--client-key", "old.key"];
    const says = [
      /^Error: Cannot get "\/version": the API server answered 401, the client certificate expired at \S+Z \(Unauthorized\)$/,
      /^ {2}Renew the credentials/,
    ];
    await judge(sandbox, { args, exitCode: 6, says });
    await judge(sandbox, { spec: HOST, args, exitCode: 5, says: [PARTIAL, ...says], has: HOST_FILES });
  },
});

Deno.test({
  name: "support-bundle with the key of another client certificate ends with 1, or 5 beside host collectors",
  ignore: ignore || !HAS_OPENSSL,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await using maker = await CertificateMaker.create();
    const { key } = await maker.make("other", { subject: "/CN=other" });
    await sandbox.write("other.key", key);
    const args = ["--client-key", "other.key"];
    const says = [
      /^Error: Cannot use the client certificate: the key does not belong to it$/,
      /^ {2}Name both for the user: client-certificate and client-key, or --client-certificate and --client-key$/,
    ];
    await judge(sandbox, { args, exitCode: 1, says });
    await judge(sandbox, { spec: HOST, args, exitCode: 5, says: [PARTIAL, ...says], has: HOST_FILES });
  },
});

Deno.test({
  name: "support-bundle with an expired certificate of the API server ends with 6",
  ignore: !canSign,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await using maker = await clusterMaker();
    const made = await maker.make("server", { subject: "/CN=s", names: "IP:127.0.0.1", issuer: "cluster", days: -1 });
    const served = Deno.serve(
      { hostname: "127.0.0.1", port: 0, cert: made.pem, key: made.key, onListen: () => {} },
      () => new Response("{}"),
    );
    await judge(sandbox, {
      args: ["--server", `https://127.0.0.1:${served.addr.port}`],
      exitCode: 6,
      says: [
        /^Error: Cannot reach the API server https:\S+: its certificate has expired$/,
        /^ {2}Renew the API server's/,
      ],
    });
    await served.shutdown();
  },
});

/** Runs the row, and checks all of it: what is said, the exit code, the bundle, and that nothing is left behind. */
async function judge(sandbox: Sandbox, row: Row): Promise<void> {
  const config = JSON.parse(await Deno.readTextFile(KUBECONFIG));
  const withUser = (user: unknown) => JSON.stringify({ ...config, users: [{ name: config.users[0].name, user }] });
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "no-such-login",
    installHint: "Ask ops for it",
  };
  await Deno.mkdir(sandbox.path("tmp"), { recursive: true });
  await sandbox.write("garbled.cfg", 'a: 1\nb: "hidden-word\n');
  await sandbox.write("shape.cfg", "clusters: [{name: a, cluster: {server: {hidden-word: 1}}}]\n");
  await sandbox.write("empty.cfg", "");
  await sandbox.write("no-user.cfg", withUser({}));
  await sandbox.write("plugin.cfg", withUser({ exec }));
  await sandbox.write("spec.yaml", row.spec ?? `${HEAD}${BESIDE}${row.collectors ?? ""}`);
  const spec = row.args?.[0]?.startsWith("-") === false ? [] : ["spec.yaml"];
  const before = inFolder(sandbox.folder);
  const objects = await labelled(KUBECONFIG, CREATED);

  const ended = await sandbox.run([...spec, ...row.args ?? [], "-o", "out", "--interactive=false"], {
    env: { KUBECONFIG, TMPDIR: sandbox.path("tmp"), ...row.env },
  });

  const lines = ended.stderr.trimEnd().split("\n").filter((line) => line !== "");
  strictEqual(lines.length, row.says.length, ended.stderr);
  row.says.forEach((pattern, i) => match(lines[i]!, pattern));
  strictEqual(ended.code, row.exitCode, ended.stderr);
  ok(!/hidden-word/.test(ended.stderr + ended.stdout), ended.stderr);
  deepStrictEqual(inFolder(sandbox.path("tmp")), [], "nothing is left among temporary files");
  const made = inFolder(sandbox.folder).filter((name) => !before.includes(name));
  deepStrictEqual(
    (await labelled(KUBECONFIG, CREATED)).filter((object) => !objects.includes(object)),
    [],
    "nothing is left in the cluster",
  );
  if (row.has === undefined) {
    deepStrictEqual(made, []);
    strictEqual(ended.stdout, "");
    return;
  }
  deepStrictEqual(made, ["out.tar.gz"]);
  strictEqual(JSON.parse(ended.stdout).archivePath, sandbox.path("out.tar.gz"));
  const files = await sandbox.unpack(sandbox.path("out.tar.gz"));
  for (const path of row.has) ok(files.has(path), `${path} is in the bundle: ${[...files.keys()].join(", ")}`);
  const { missing }: Manifest = JSON.parse(files.get("MANIFEST.json")!);
  for (const [collector, message] of Object.entries(row.missing ?? {})) {
    const found = missing.filter((record) => record.collector === collector);
    strictEqual(found.length, 1, `${collector} in ${JSON.stringify(missing)}`);
    match(found[0]!.message, message);
    ok(!found[0]!.message.includes("\n"));
  }
}

function inFolder(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

const CREATED = ["/api/v1/pods", "/api/v1/secrets", "/apis/apps/v1/daemonsets"];

/** Signs with the authority of the test cluster. */
async function clusterMaker(): Promise<CertificateMaker> {
  const maker = await CertificateMaker.create();
  const { cluster } = await findKubeTarget({ kubeconfig: KUBECONFIG }, {});
  await Deno.writeTextFile(join(maker.folder, "cluster.crt"), atob(cluster["certificate-authority-data"]!));
  await Deno.copyFile(caKey, join(maker.folder, "cluster.key"));
  return maker;
}
