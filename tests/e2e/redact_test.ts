import { deepStrictEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { constants, gunzipSync } from "node:zlib";
import { gzipMembers } from "../../src/bundle/gzip_members.ts";
import { headerBlocks, padding, TAR_END } from "../../src/bundle/tar_blocks.ts";
import { concatBytes } from "../../src/core/concat_bytes.ts";
import { MASK } from "../../src/redact/mask.ts";
import { BINARY, Sandbox, until } from "./program.ts";

const ignore = BINARY === undefined;
const ROOT = "support-bundle-2026-01-31T08_00_00";
/** What each planted value begins with; no file has it otherwise. */
const PLANTED = crypto.randomUUID().replaceAll("-", "");
const header = (name: string) => ({ name: `${ROOT}/${name}`, size: 0, mode: 0o644, mtime: new Date(0) });
const encoder = new TextEncoder();

/** A bundle with two logs of so many megabytes, a secret on each line, and one of its own in an archive in it.
 * @returns some bytes of that archive, which no other one has */
async function writeBundle(path: string, megabytes: number, packedMegabytes = 2): Promise<string> {
  const packed = concatBytes(await Array.fromAsync(gzipMembers(tarOfLog(packedMegabytes))));
  async function* tar() {
    const version = encoder.encode("apiVersion: troubleshoot.sh/v1beta2\n");
    yield await headerBlocks(header("version.yaml"), version.length);
    yield version;
    yield padding(version.length);
    yield await headerBlocks(header("copied/a.tar.gz"), packed.length);
    yield packed;
    yield padding(packed.length);
    for (const name of ["logs/one.log", "logs/two.log"]) yield* log(name, megabytes);
    yield TAR_END;
  }
  using file = await Deno.open(path, { write: true, create: true });
  for await (const piece of gzipMembers(tar())) {
    for (let rest = piece; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
  }
  return latin1(packed.subarray(2000, 2064));
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

async function* tarOfLog(megabytes: number): AsyncGenerator<Uint8Array> {
  yield* log("packed.log", megabytes);
  yield TAR_END;
}

async function* log(name: string, megabytes: number): AsyncGenerator<Uint8Array> {
  const piece = encoder.encode(logPiece());
  const pieces = Math.ceil(megabytes * 1e6 / piece.length);
  yield await headerBlocks(header(name), pieces * piece.length);
  for (let i = 0; i < pieces; i++) yield piece;
  yield padding(pieces * piece.length);
}

/** About 100 kB that cannot be compressed much. */
function logPiece(): string {
  return Array.from(
    { length: 800 },
    (_, i) => `2026-01-31T08:00:00Z INFO ${crypto.randomUUID()} ${crypto.randomUUID()} password=${PLANTED}${i} done\n`,
  ).join("");
}

/** Files below a folder, with what is in them: of an archive that is not whole yet, as much as can be unpacked. */
function readable(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (at: string) => {
    for (const { name, isDirectory, isFile } of Deno.readDirSync(at)) {
      const path = join(at, name);
      if (isDirectory) visit(path);
      else if (isFile) found.set(path, contentOf(path));
    }
  };
  visit(folder);
  return found;
}

function contentOf(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch {
    return ""; // It is gone by now.
  }
  try {
    bytes = gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    // It is no archive, or has nothing in it yet.
  }
  return latin1(bytes);
}

/** Files that a process has open and that have no name any more. */
function nameless(pid: number): Map<string, string> {
  const found = new Map<string, string>();
  if (Deno.build.os !== "linux") return found;
  const folder = `/proc/${pid}/fd`;
  try {
    for (const { name } of Deno.readDirSync(folder)) {
      const target = Deno.readLinkSync(join(folder, name));
      if (target.endsWith(" (deleted)") && !target.startsWith("/memfd")) {
        found.set(target, contentOf(join(folder, name)));
      }
    }
  } catch {
    // It has ended, or has closed one of them.
  }
  return found;
}

/** A folder for the result and one for temporary files: all that the command may write to. */
async function places(sandbox: Sandbox) {
  for (const name of ["out", "tmp"]) await Deno.mkdir(sandbox.path(name));
  const args = ["redact", sandbox.path("in.tar.gz"), "-o", join(sandbox.path("out"), "result")];
  const options = { env: { TMPDIR: sandbox.path("tmp") } };
  const read = () => new Map([...readable(sandbox.path("out")), ...readable(sandbox.path("tmp"))]);
  return { args, options, read };
}

Deno.test({
  name: "support-bundle redact makes a bundle without its secrets that tar can open",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await writeBundle(sandbox.path("in.tar.gz"), 12);
    const { args, options } = await places(sandbox);
    const { code, stdout, stderr } = await sandbox.run(args, options);
    equal(code, 0, stderr);
    equal(stdout, "Redacted support bundle: out/result.tar.gz\n");
    const listed = await new Deno.Command("tar", { args: ["tzf", sandbox.path("out/result.tar.gz")] }).output();
    deepStrictEqual(
      new TextDecoder().decode(listed.stdout).trim().split("\n"),
      [
        "version.yaml",
        "copied/a.tar.gz",
        "logs/one.log",
        "logs/two.log",
        "execution-data/redaction.json",
      ].map((name) => `${ROOT}/${name}`),
    );
    const before = await sandbox.unpack(sandbox.path("in.tar.gz"));
    const after = await sandbox.unpack(sandbox.path("out/result.tar.gz"));
    for (const name of ["logs/one.log", "logs/two.log"]) {
      equal(after.get(name), before.get(name)!.replace(/password=\S+/g, `password=${MASK}`), name);
    }
    const report = JSON.parse(after.get("execution-data/redaction.json")!);
    deepStrictEqual(report.files.map(({ path }: { path: string }) => path), [
      "copied/a.tar.gz",
      "logs/one.log",
      "logs/two.log",
    ]);
    ok(![...after.values()].some((text) => text.includes(PLANTED)));
  },
});

Deno.test({
  name:
    "support-bundle redact --tokenize --scrub-values: the map leads back to the text, and the bundle passes the gate",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await writeBundle(sandbox.path("in.tar.gz"), 2);
    const before = await sandbox.unpack(sandbox.path("in.tar.gz"));
    const words = /INFO (\S+) (\S+)/.exec(before.get("logs/one.log")!)!.slice(1);
    const { args, options } = await places(sandbox);
    const map = ["--tokenize", "--redaction-map", "map.json", "--encrypt-redaction-map"];
    const phrase = ["--redaction-map-passphrase", "env:PHRASE"];
    const env = { ...options.env, PHRASE: `${crypto.randomUUID()}` };
    const flags = [...map, ...phrase, "--scrub-values", "-"];
    const { code, stderr } = await sandbox.run([...args, ...flags], { env, stdin: words.join("\n") });
    equal(code, 0, stderr);
    const after = await sandbox.unpack(sandbox.path("out/result.tar.gz"));
    const log = after.get("logs/one.log")!;
    for (const hidden of [...words, PLANTED]) {
      for (const [path, text] of after) ok(!text.includes(hidden), path);
    }
    ok(!(await Deno.readTextFile(sandbox.path("map.json"))).includes(PLANTED));
    const reveal = ["redact", "reveal", "map.json", "-", "--passphrase", "env:PHRASE"];
    const revealed = await sandbox.run(reveal, { env, stdin: log });
    equal(revealed.code, 0, revealed.stderr);
    ok(revealed.stdout === before.get("logs/one.log"), "the log is not what it was");
  },
});

Deno.test({
  name: "support-bundle redact reads standard input and explains it",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const { code, stdout } = await sandbox.run(["redact", "--explain", "-", "-o", "json"], {
      stdin: `first\npassword=${PLANTED}\n`,
    });
    equal(code, 0);
    ok(!stdout.includes(PLANTED));
    const [finding] = JSON.parse(stdout).files[0].findings;
    deepStrictEqual([finding.line, finding.column, finding.characters], [2, 10, PLANTED.length]);
  },
});

Deno.test({
  name: "support-bundle redact leaves nothing at Ctrl-C, and ends with 130",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await writeBundle(sandbox.path("in.tar.gz"), 30);
    const { args, options, read } = await places(sandbox);
    const child = sandbox.spawn(args, options);
    await until(
      "the archive is begun",
      () => Promise.resolve([...read().values()].some((text) => text !== "") || undefined),
    );
    Deno.kill(child.pid, "SIGINT");
    const { code, stdout, stderr } = await child.output();
    equal(code, 130, new TextDecoder().decode(stderr));
    equal(new TextDecoder().decode(stdout), "");
    deepStrictEqual([...read().keys()], []);
  },
});

Deno.test({
  name: "support-bundle redact never has an unredacted byte on the disk, not after kill -9 either",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const packed = await writeBundle(sandbox.path("in.tar.gz"), 30, 60);
    const isClean = (text: string) => !text.includes(PLANTED) && !text.includes(packed);
    const { args, options, read } = await places(sandbox);
    const child = sandbox.spawn(args, options);
    const ended = child.output();
    // Looks again and again while the archive in the bundle is being made, and the first log.
    let looks = 0, spooled = 0;
    await until("a part of the first log is written", () => {
      looks++;
      const spools = [...nameless(child.pid)], written = [...read()];
      for (const [path, text] of [...spools, ...written]) ok(isClean(text), `${path} has a value`);
      spooled = Math.max(spooled, ...spools.map(([, text]) => text.length));
      return Promise.resolve(written.some(([, text]) => text.includes(MASK)) || undefined);
    });
    Deno.kill(child.pid, "SIGKILL");
    equal((await ended).code, 137);
    ok(looks > 2, `${looks} looks`);
    ok(spooled > 1e6 || Deno.build.os !== "linux", `${spooled} bytes of the archive in the bundle were seen`);
    const left = [...read()];
    ok(left.length > 0 && left.every(([path]) => path.endsWith(".part")), String(left.map(([path]) => path)));
    for (const [path, text] of left) ok(isClean(text) && text.includes(MASK), path);
    // What was left does not stand in the way of the next one.
    const again = await sandbox.run(args, options);
    equal(again.stdout, "Redacted support bundle: out/result.tar.gz\n", again.stderr);
  },
});

Deno.test({
  name: "support-bundle redact ends with 12 on a full disk, and leaves nothing",
  ignore: ignore || !await canMount(),
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await writeBundle(sandbox.path("in.tar.gz"), 12);
    const { args, options, read } = await places(sandbox);
    await mount(sandbox.path("out"));
    try {
      const { code, stdout, stderr } = await sandbox.run(args, options);
      equal(code, 12, stderr);
      match(stderr, /the disk is full\n {2}Free some space/);
      equal(stdout, "");
      deepStrictEqual([...read().keys()], []);
    } finally {
      await new Deno.Command("umount", { args: [sandbox.path("out")] }).output();
    }
  },
});

async function mount(folder: string): Promise<boolean> {
  const args = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder];
  return (await new Deno.Command("mount", { args }).output().catch(() => ({ success: false }))).success;
}

/** A file system of one megabyte takes root's rights. */
async function canMount(): Promise<boolean> {
  if (ignore || Deno.build.os !== "linux") return false;
  const folder = await Deno.makeTempDir();
  const mounted = await mount(folder);
  if (mounted) await new Deno.Command("umount", { args: [folder] }).output();
  await Deno.remove(folder);
  return mounted;
}
