import { deepStrictEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { EXIT } from "../../src/core/exit_codes.ts";
import { ALNUM, draw } from "../leak_gate/made_secrets.ts";
import { ROOT, Scratch, secret, VERSION } from "./bundle_scratch.ts";

/** Names of files are not redacted: the gate alone knows of what is in them. */
const leaky = (scratch: Scratch, value: string) =>
  scratch.archive(VERSION, [{ name: `${ROOT}/logs/${value}.log` }, "nothing to hide\n"]);
const githubToken = () => `gh${"p_" + draw(ALNUM, 36)}`;
const QUARANTINED = ["out.tar.gz.leaks.json", "out.tar.gz.quarantined"];

type Options = Parameters<Scratch["redact"]>[2];

const behaviour: [name: string, value: string, options: (value: string) => Options, found: string | undefined][] = [
  ["holds back what has a secret in it after all", githubToken(), () => ({}), "github-token"],
  ["knows the values that the user names", secret(), (value) => ({ userValues: [value] }), "known-value"],
  ["lets through what has none", "quiet", () => ({}), undefined],
  ["does not look where it is switched off", githubToken(), () => ({ leakGate: false }), undefined],
];
for (const [name, value, options, found] of behaviour) {
  Deno.test(`redactBundle() with the leak gate: ${name}`, async () => {
    await using scratch = await Scratch.create();
    const { redacted } = await scratch.redact(await leaky(scratch, value), [], options(value));
    const { path, quarantine } = redacted;
    if (found === undefined) {
      equal(quarantine, undefined);
      deepStrictEqual(scratch.left(), ["out.tar.gz"]);
      return;
    }
    deepStrictEqual(scratch.left(), QUARANTINED);
    equal(path, join(scratch.folder, "out", "out.tar.gz.quarantined"));
    deepStrictEqual([quarantine!.error.code, quarantine!.error.exitCode], ["LEAKS_FOUND", EXIT.quarantined]);
    match(quarantine!.error.message, new RegExp(`logs/\\*+\\.log:1:6 \\(${found}\\)`));
    const places = await Deno.readTextFile(join(scratch.folder, "out", "out.tar.gz.leaks.json"));
    deepStrictEqual(JSON.parse(places).archive, "out.tar.gz.quarantined");
    for (const said of [places, quarantine!.error.message, quarantine!.error.hint!]) ok(!said.includes(value), said);
    if (Deno.build.os === "windows") return;
    for (const left of QUARANTINED) equal((await Deno.stat(join(scratch.folder, "out", left))).mode! & 0o777, 0o600);
  });
}

Deno.test("redactBundle() with the leak gate looks as deep into archives as redaction does", async () => {
  await using scratch = await Scratch.create();
  let packed: Uint8Array = new TextEncoder().encode(`password=${secret()}\n`);
  for (let depth = 0; depth < 8; depth++) packed = gzipSync(packed);
  const { redacted, files } = await scratch.redact(await scratch.archive(VERSION, [{ name: `${ROOT}/a.gz` }, packed]));
  equal(redacted.quarantine, undefined);
  ok(files.has(`${ROOT}/a.gz`), "it was not left out");
});

/** Does something when the gate is about to look. */
const atGate = (action: () => void): Options => ({ progress: (stage) => void (stage === "leak-gate" && action()) });

const meanwhile: [name: string, value: string, taken: string, left: string[]][] = [
  ["an archive", "quiet", "out.tar.gz", ["out (1).tar.gz", "out.tar.gz"]],
  ["one that is held back", githubToken(), "out.tar.gz.quarantined", [
    "out (1).tar.gz.leaks.json",
    "out (1).tar.gz.quarantined",
    "out.tar.gz.quarantined",
  ]],
];
for (const [name, value, taken, left] of meanwhile) {
  Deno.test(`redactBundle() with the leak gate does not replace ${name} that came to be in the meantime`, async () => {
    await using scratch = await Scratch.create();
    const path = join(scratch.folder, "out", taken);
    await scratch.redact(await leaky(scratch, value), [], atGate(() => Deno.writeTextFileSync(path, "first")));
    deepStrictEqual(scratch.left(), left);
    equal(await Deno.readTextFile(path), "first");
  });
}

Deno.test("redactBundle() gives the archive no name before the gate has looked, and leaves nothing when it is stopped then", async () => {
  await using scratch = await Scratch.create();
  const stop = new AbortController();
  const reason = new DOMException("interrupted", "AbortError");
  let before: string[] = [];
  const map = join(scratch.folder, "map.json");
  const interrupted = scratch.redact(await leaky(scratch, githubToken()), [], {
    ...atGate(() => {
      before = scratch.left();
      stop.abort(reason);
    }),
    signal: stop.signal,
    tokens: { map: { path: map } },
  });
  await rejects(interrupted, reason);
  equal(before.length, 1);
  match(before[0]!, /^out\.tar\.gz\..+\.part$/);
  deepStrictEqual(scratch.left(), []);
  await rejects(Deno.stat(map), Deno.errors.NotFound);
});

Deno.test("redactBundle() holds back what the gate cannot read through, and withholds all that the bundle says", async () => {
  await using scratch = await Scratch.create();
  const damage = atGate(() => {
    const [part] = scratch.left();
    Deno.writeTextFileSync(join(scratch.folder, "out", part!), "no archive any more");
  });
  const redacted = await scratch.run(await leaky(scratch, "quiet"), damage);
  const { error, withholdTexts } = redacted.quarantine!;
  deepStrictEqual([error.code, error.exitCode, withholdTexts], ["LEAK_GATE_FAILED", EXIT.quarantined, true]);
  deepStrictEqual(scratch.left(), QUARANTINED);
  const places = JSON.parse(await Deno.readTextFile(join(scratch.folder, "out", "out.tar.gz.leaks.json")));
  match(places.failure, /could not be checked for secrets/);
});
