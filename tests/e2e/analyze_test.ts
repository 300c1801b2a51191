import { deepStrictEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { gzipMembers } from "../../src/bundle/gzip_members.ts";
import { headerBlocks, padding, TAR_END } from "../../src/bundle/tar_blocks.ts";
import { BINARY, Sandbox, until } from "./program.ts";

const ignore = BINARY === undefined;
const ROOT = "support-bundle-2026-01-31T08_00_00";
const SPEC = `apiVersion: troubleshoot.sh/v1beta2
kind: Preflight
metadata: {name: checks}
spec:
  analyzers:
  - textAnalyze:
      checkName: Shards
      collectorName: logs
      fileName: "*.log"
      regex: shard \\d+ lost
      outcomes:
      - fail: {when: "true", message: A shard was lost}
      - pass: {when: "false", message: No shard was lost}
`;
const encoder = new TextEncoder();
const LINES = encoder.encode("2026-01-31T08:00:00Z INFO reconcile of deployment shop/web finished\n".repeat(15_000));

/** A bundle with a log of so many megabytes, at whose end something goes wrong. */
async function writeBundle(path: string, megabytes: number): Promise<void> {
  const end = encoder.encode("2026-01-31T08:00:01Z ERROR shard 7 lost\n");
  const header = (name: string) => ({ name: `${ROOT}/${name}`, size: 0, mode: 0o600, mtime: new Date(0) });
  async function* tar() {
    yield await headerBlocks(header("version.yaml"), 0);
    const size = megabytes * LINES.length + end.length;
    yield await headerBlocks(header("logs/web.log"), size);
    for (let i = 0; i < megabytes; i++) yield LINES;
    yield end;
    yield padding(size);
    yield TAR_END;
  }
  using file = await Deno.open(path, { write: true, create: true });
  for await (const piece of gzipMembers(tar())) {
    for (let rest = piece; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
  }
}

async function prepared(megabytes: number) {
  const sandbox = await Sandbox.create();
  await writeBundle(sandbox.path("in.tar.gz"), megabytes);
  await sandbox.write("spec.yaml", SPEC);
  await Deno.mkdir(sandbox.path("tmp"));
  return sandbox;
}

Deno.test({
  name: "analyze finds a line at the end of a log that is searched in stretches, in each form",
  ignore,
  async fn() {
    await using sandbox = await prepared(40);
    const env = { TMPDIR: sandbox.path("tmp") };
    for (const form of ["human", "json", "yaml", "junit", "sarif"]) {
      const { code, stdout, stderr } = await sandbox.run(["analyze", "in.tar.gz", "spec.yaml", "-o", form], { env });
      deepStrictEqual([code, stderr], [3, ""], form);
      match(stdout, /A shard was lost/);
      match(stdout, /logs\/web\.log/);
      match(stdout, new RegExp(String(40 * 15_000 + 1)));
    }
    const old = await sandbox.run(["analyze", "spec.yaml", "--bundle", "in.tar.gz", "--output", "json"], { env });
    equal(old.code, 0);
    equal(JSON.parse(old.stdout)[0].IsFail, true);
    deepStrictEqual([...Deno.readDirSync(sandbox.path("tmp"))], []);
  },
});

for (const [signal, code] of [["SIGKILL", 137], ["SIGINT", 130]] as const) {
  Deno.test({
    name: `analyze leaves nothing behind when it is ended by ${signal}`,
    ignore: ignore || Deno.build.os !== "linux",
    async fn() {
      await using sandbox = await prepared(600);
      const child = sandbox.spawn(["analyze", "in.tar.gz", "spec.yaml"], { env: { TMPDIR: sandbox.path("tmp") } });
      await until("a temporary file", () => Promise.resolve(hasNamelessFile(child.pid) || undefined));
      child.kill(signal);
      const ended = await child.output();
      deepStrictEqual([ended.code, new TextDecoder().decode(ended.stdout)], [code, ""]);
      deepStrictEqual([...Deno.readDirSync(sandbox.path("tmp"))], []);
    },
  });
}

function hasNamelessFile(pid: number): boolean {
  const folder = `/proc/${pid}/fd`;
  for (const { name } of Deno.readDirSync(folder)) {
    try {
      if (/\/support-bundle-[\w-]+ \(deleted\)$/.test(Deno.readLinkSync(join(folder, name)))) return true;
    } catch {
      // It is closed by now.
    }
  }
  return false;
}
