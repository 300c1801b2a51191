import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { constants, gunzipSync, gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { ALNUM, draw } from "../leak_gate/made_secrets.ts";
import { BINARY, Sandbox, until } from "./program.ts";
import { filesUnder } from "./files_under.ts";

const ignore = BINARY === undefined || Deno.build.os === "windows";
const MASK = "***HIDDEN***";
const PIECES = 12;

/** Both ends of every planted value, so that one look finds any of them, and any half of one. */
const marks = [draw(ALNUM, 9) + "1x", "y2" + draw(ALNUM, 9)];
const value = () => `${marks[0]}${draw(ALNUM, 14)}${marks[1]}`;

/** Lines of a log, one in four with a value that must not be seen. */
function plantedLines(count: number): string {
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const clean = `2026-03-04T05:06:07Z INFO reconcile of deployment shop/web-${i} finished, 4 of 4 replicas ready`;
    const secret = [
      `login password=${value()} ok`,
      `{"level":"info","auth":{"clientSecret":"${value()}"}}`,
      `Authorization: Bearer ${value()}`,
      `dial postgres://shop:${value()}@pg:5432/orders`,
      `{"name":"API_TOKEN","value":"${value()}"}`,
    ][i % 5]!;
    lines.push(clean, clean, clean, secret);
  }
  return lines.join("\n") + "\n";
}

/** What the collectors read, beside the pipe: a file, a line of megabytes, archives. */
async function writeSources(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  const text = plantedLines(500);
  const rows = Array.from({ length: 3000 }, (_, i) => `{"id":${i},"pad":"${"x".repeat(900)}","password":"${value()}"}`);
  const tar = await packTar([{ header: { name: "etc/app.log", size: text.length }, body: text }]);
  await Promise.all([
    Deno.writeTextFile(join(folder, "app.log"), plantedLines(8000)),
    Deno.writeTextFile(join(folder, "one-line.json"), `{"rows":[${rows.join(",")}]}`),
    Deno.writeFile(join(folder, "rotated.log.gz"), gzipSync(text)),
    Deno.writeFile(join(folder, "etc.tar.gz"), gzipSync(tar)),
  ]);
}

interface Seen {
  files: number;
  masks: number;
  /** Files, and how they were packed, with a planted value. */
  leaks: string[];
}

/** Looks at every byte under some folders, and at what unpacks from it. */
async function look(folders: string[]): Promise<Seen> {
  const seen: Seen = { files: 0, masks: 0, leaks: [] };
  for (const folder of folders) {
    for (const path of await filesUnder(folder)) {
      const bytes = await Deno.readFile(path).catch(() => undefined); // it may have gone
      if (bytes === undefined) continue;
      seen.files++;
      inspect(path, Buffer.from(bytes), seen);
    }
  }
  return seen;
}

function inspect(path: string, bytes: Buffer, seen: Seen): void {
  if (marks.some((mark) => bytes.includes(mark))) seen.leaks.push(path);
  if (bytes.includes(MASK)) seen.masks++;
  const magic = Buffer.from([0x1f, 0x8b, 8]);
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    let plain: Buffer;
    try {
      // As far as it goes: a file may be cut in the middle of what is packed.
      plain = gunzipSync(bytes.subarray(at), { finishFlush: constants.Z_SYNC_FLUSH });
    } catch {
      continue;
    }
    inspect(`${path}, unpacked`, plain, seen);
  }
}

const specFor = (sandbox: Sandbox) =>
  `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: {name: slow}
spec:
  hostCollectors:
    - run: {collectorName: piped, command: cat, args: [${sandbox.path("pipe")}]}
    - copy: {collectorName: copied, path: ${sandbox.path("sources")}/*}
  hostAnalyzers:
    - textAnalyze: {checkName: a, fileName: host-collectors/run-host/piped.txt, regex: "password", outcomes: [{pass: {when: "true", message: found}}]}
`;

const NEVER = /^$/;

/** Where a run is killed. Each piece that goes through the pipe is half a megabyte, and nothing ends before the test says
 * so; the archive is on the disk for a moment only, under names that change. */
const moments: [name: string, pieces: number, killAt: RegExp | undefined][] = [
  ["at its beginning", 1, undefined],
  ["in the middle of a collector's output", PIECES / 2, undefined],
  ["before the output has ended", PIECES, undefined],
  ["while the archive is written", PIECES, /\.part$/],
  ["while the archive is checked", PIECES, /\.unchecked$/],
  ["never", PIECES, NEVER],
];

for (const [name, pieces, killAt] of moments) {
  Deno.test({
    name: `nothing unredacted touches the disk: a run that is killed ${name}`,
    ignore,
    fn: async () => {
      await using sandbox = await Sandbox.create();
      await writeSources(sandbox.path("sources"));
      await new Deno.Command("mkfifo", { args: [sandbox.path("pipe")] }).output();
      const spec = await sandbox.write("spec.yaml", specFor(sandbox));
      for (const folder of ["tmp", "out"]) await Deno.mkdir(sandbox.path(folder));
      const watched = [sandbox.path("tmp"), sandbox.path("out")];
      const mustBeClean = async (): Promise<Seen> => {
        const seen = await look(watched);
        deepStrictEqual(seen.leaks, []);
        return seen;
      };

      const child = sandbox.spawn([spec, "-o", sandbox.path("out/bundle")], { env: { TMPDIR: sandbox.path("tmp") } });
      const output = child.output();
      let ended = false;
      output.finally(() => ended = true);
      const pipe = await Deno.open(sandbox.path("pipe"), { write: true });
      const encoder = new TextEncoder();
      try {
        for (let i = 0; i < pieces; i++) {
          const piece = encoder.encode(plantedLines(1300));
          for (let rest = piece; rest.length > 0;) rest = rest.subarray(await pipe.write(rest));
          await mustBeClean();
        }
        // The watching proves something only when what comes in reaches the disk while it comes in.
        await until("redacted text in the work folder", async () => (await mustBeClean()).masks > 0 || undefined);
      } finally {
        if (killAt === undefined) child.kill("SIGKILL");
        pipe.close();
      }
      while (!ended && killAt !== undefined) {
        const reached = (await filesUnder(sandbox.path("out"))).some((path) => killAt.test(path));
        if (reached && !ended) {
          child.kill("SIGKILL");
          break;
        }
        if (killAt === NEVER) await mustBeClean();
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      const { code, signal } = await output;
      const seen = await mustBeClean();
      if (killAt === NEVER) {
        strictEqual(code, 0);
        deepStrictEqual(await filesUnder(sandbox.path("tmp")), [], "the work folder is gone");
        deepStrictEqual(await filesUnder(sandbox.path("out")), [sandbox.path("out/bundle.tar.gz")]);
      } else if (killAt === undefined) {
        strictEqual(signal, "SIGKILL");
      }
      ok(seen.masks > 0, "what is left is redacted");
    },
  });
}

Deno.test({
  name: "the watching of these tests sees what is on the disk, packed or cut",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await writeSources(sandbox.path("sources"));
    const packed = gzipSync(plantedLines(2000));
    await Deno.writeFile(sandbox.path("sources/cut.gz"), packed.subarray(0, packed.length / 2));
    const { leaks, files } = await look([sandbox.path("sources")]);
    strictEqual(files, 5);
    deepStrictEqual(
      leaks.map((path) => path.replace(/.*\//, "")).sort(),
      ["app.log", "cut.gz, unpacked", "etc.tar.gz, unpacked", "one-line.json", "rotated.log.gz, unpacked"],
    );
  },
});
