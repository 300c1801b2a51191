import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { writeArchive } from "../../src/bundle/archive.ts";
import { textEntry } from "../../src/bundle/entry.ts";
import { openBundle } from "../../src/bundle/read_bundle.ts";
import { WorkFolder } from "../../src/bundle/work_folder.ts";
import { systemClock } from "../../src/core/clock.ts";
import { Decryption } from "../../src/crypt/decryption.ts";
import { Encryption } from "../../src/crypt/encryption.ts";
import { parseSshPrivateKey } from "../../src/crypt/ssh_key.ts";
import { verifySignature } from "../../src/crypt/verify_signature.ts";
import { passLeakGate } from "../../src/pipeline/leak_gate.ts";
import type { PipelineEvent } from "../../src/pipeline/report.ts";
import { type PipelineRequest, pipelineRequestSchema } from "../../src/pipeline/request.ts";
import { runPipeline } from "../../src/pipeline/run_pipeline.ts";
import { readBack } from "../../src/pipeline/seals.ts";
import { verifyBundle } from "../../src/pipeline/verify_bundle.ts";
import { secretsOf } from "../secrets.ts";
import { ALNUM, draw } from "../leak_gate/made_secrets.ts";
import { collector, specOf } from "./with_run.ts";

const { generateIdentity, identityToRecipient } = await import("age-encryption");

const IDENTITY = await generateIdentity();
const RECIPIENT = await identityToRecipient(IDENTITY);
const decryption = new Decryption({ identities: () => [IDENTITY] });
const decrypt = (source: ReadableStream<Uint8Array>) => decryption.open(source);
const signal = new AbortController().signal;
const noSecret = () => Promise.reject(new Error("asked for a secret"));
const filesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

const PASSPHRASE = "correct horse battery staple";
const SIGNING_KEY = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string;

const SIGNING_LINE = SIGNING_KEY.split("\n")[1]!;

interface Sealed {
  folder: string;
  run(request: Partial<PipelineRequest>): ReturnType<typeof runPipeline>;
  /** How often the collector was asked. */
  collected(): number;
}

/** Runs over a folder of their own, with a collector that yields a text.
 * @param onEvent told with the path of the archive while it has no name */
async function sealedRuns(
  check: (sealed: Sealed) => Promise<void>,
  { text = "nothing to hide\n", onEvent = (_event: PipelineEvent, _unchecked: string) => {} } = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  let calls = 0;
  const spec = await specOf(
    "",
    collector("quiet", async function* () {
      calls++;
      yield textEntry("app.log", text);
    }),
  );
  const archivePath = join(folder, "out.tar.gz.age");
  try {
    await check({
      folder,
      collected: () => calls,
      run: (request) =>
        runPipeline(
          pipelineRequestSchema.parse({
            specs: ["-"],
            archivePath,
            rootName: "out",
            workParent: join(folder, "work"),
            ...request,
          }),
          spec,
          {
            clock: systemClock,
            env: { PASSPHRASE, SIGNING_KEY },
            secret: secretsOf({ PASSPHRASE, SIGNING_KEY }),
            stop: signal,
            abort: signal,
            emit: (event) => onEvent(event, `${archivePath}.${Deno.pid}.unchecked`),
          },
        ),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("runPipeline() writes what the recipient opens, whole and as the manifest says", async () => {
  const begins: string[] = [];
  const onEvent = (event: PipelineEvent, unchecked: string) => {
    if (event.type !== "progress" || event.stage !== "leak-gate") return;
    begins.push(new TextDecoder().decode(Deno.readFileSync(unchecked).subarray(0, 21)));
  };
  await sealedRuns(async ({ run, folder }) => {
    const report = await run({ encrypt: { recipients: [RECIPIENT] } });
    deepStrictEqual([report.status, report.archive!.path], ["completed", join(folder, "out.tar.gz.age")]);
    deepStrictEqual(begins, ["age-encryption.org/v1"]);
    deepStrictEqual(filesIn(folder), ["out.tar.gz.age", "work"]);
    const bytes = await Deno.readFile(report.archive!.path);
    deepStrictEqual([report.archive!.bytes, report.archive!.sha256], [bytes.length, await sha256(bytes)]);
    const { files, problems } = await verifyBundle(report.archive!.path, { signal, decrypt });
    deepStrictEqual(problems, []);
    ok(files > 5);
    await rejects(
      openBundle(report.archive!.path, signal),
      /encrypted with age: open it with `support-bundle decrypt`/,
    );
  }, { onEvent });
});

const refused: [name: string, request: Partial<PipelineRequest>, why: RegExp][] = [
  ["a wrong recipient", { encrypt: { recipients: ["age1wrong"] } }, /"age1wrong" is not a recipient/],
  ["no recipient at all", { encrypt: { recipients: [] } }, /there is no recipient/],
  ["a passphrase that is not there", { encrypt: { recipients: [], passphrase: "env:NONE" } }, /NONE, which is not set/],
  ["a key that is not there", { sign: "env:NONE" }, /NONE, which is not set/],
  ["what is no key", { sign: "env:PASSPHRASE" }, /what env:PASSPHRASE leads to is no private key/],
];
for (const [name, request, why] of refused) {
  Deno.test(`runPipeline() refuses ${name} before anything is collected`, () =>
    sealedRuns(async ({ run, collected, folder }) => {
      await rejects(run(request), why);
      deepStrictEqual([collected(), filesIn(folder)], [0, []]);
    }));
}

Deno.test("runPipeline() hides the passphrase and the key in the bundle that it encrypts and signs with them", () =>
  sealedRuns(async ({ run }) => {
    const report = await run({ encrypt: { recipients: [], passphrase: "env:PASSPHRASE" }, sign: "env:SIGNING_KEY" });
    strictEqual(report.status, "completed", report.error?.message);
    const opening = new Decryption({ identities: () => [], passphrase: () => Promise.resolve(PASSPHRASE) });
    const bundle = await openBundle(report.archive!.path, signal, (source) => opening.open(source));
    let seen = "";
    for await (const member of bundle.members()) {
      if (member.type === "file") {
        seen += await new Response(member.body as ReadableStream<Uint8Array<ArrayBuffer>>).text();
      }
    }
    ok(seen.includes("opened with ***HIDDEN*** today"));
    ok(seen.includes("signed with ***HIDDEN*** today"));
    deepStrictEqual([seen.includes(PASSPHRASE), seen.includes(SIGNING_LINE)], [false, false]);
  }, { text: `opened with ${PASSPHRASE} today\nsigned with ${SIGNING_LINE} today\n` }));

Deno.test("runPipeline() holds back an encrypted archive that the gate cannot read through, and does not sign it", () =>
  sealedRuns(async ({ run, folder }) => {
    const report = await run({ encrypt: { recipients: [RECIPIENT] }, sign: "env:SIGNING_KEY" });
    deepStrictEqual([report.status, report.error!.code], ["quarantined", "LEAK_GATE_FAILED"]);
    match(report.error!.message, /damaged or tampered with/);
    deepStrictEqual(filesIn(folder), ["out.tar.gz.age.leaks.json", "out.tar.gz.age.quarantined", "work"]);
    strictEqual(report.stages.some(({ stage }) => stage === "sign"), false);
  }, {
    onEvent: (event, unchecked) => {
      if (event.type !== "progress" || event.stage !== "leak-gate") return;
      const bytes = Deno.readFileSync(unchecked);
      bytes[bytes.length - 1]! ^= 1;
      Deno.writeFileSync(unchecked, bytes);
    },
  }));

Deno.test("the leak gate finds the same in an encrypted archive as in a plain one", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const lines = ["fine", `API_TOKEN=${draw(ALNUM, 40)}`, "fine", `password=${draw(ALNUM, 20)}x1`].join("\n");
    const tar = await packTar([{ header: { name: "out/app.log", size: lines.length }, body: lines }]);
    const archive = gzipSync(tar);
    const encryption = await Encryption.prepare({ recipients: [RECIPIENT] }, noSecret);
    const sealed = await encryption.encrypt(ReadableStream.from([new Uint8Array(archive)]));
    await Deno.writeFile(join(folder, "plain"), archive);
    await Deno.writeFile(join(folder, "sealed"), sealed);
    const found = await Promise.all(
      [{}, { encryption }].map((seals) =>
        passLeakGate(join(folder, seals.encryption === undefined ? "plain" : "sealed"), {
          knownValues: [],
          open: (bytes) => readBack(bytes, seals),
          giveName: async () => {
            const name = join(folder, `held-${crypto.randomUUID()}.quarantined`);
            await Deno.writeTextFile(name, "");
            return name;
          },
          clock: systemClock,
          signal,
        })
      ),
    );
    strictEqual(found[0]!.leaks.length, 2);
    deepStrictEqual(found[1]!.leaks, found[0]!.leaks);
    strictEqual(found[1]!.error!.code, "LEAKS_FOUND");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("runPipeline() signs the archive under its name, and the signature goes with it", () =>
  sealedRuns(async ({ run, folder }) => {
    const report = await run({ encrypt: { recipients: [RECIPIENT] }, sign: "env:SIGNING_KEY" });
    const { path, companions } = report.archive!;
    deepStrictEqual(companions, [`${path}.sig`]);
    deepStrictEqual(filesIn(folder), ["out.tar.gz.age", "out.tar.gz.age.sig", "work"]);
    strictEqual((await Deno.stat(companions![0]!)).mode! & 0o777, 0o600);
    const { wire } = parseSshPrivateKey(SIGNING_KEY).public;
    const text = await Deno.readTextFile(companions![0]!);
    strictEqual((await verifySignature(path, text, [{ kind: "ssh", wire }], new Date())).kind, "ssh");
    deepStrictEqual(report.stages.slice(-2).map(({ stage, status }) => `${stage} ${status}`), [
      "leak-gate ok",
      "sign ok",
    ]);
  }));

Deno.test("runPipeline() delivers nothing that could not be signed", () =>
  sealedRuns(async ({ run, folder }) => {
    await Deno.mkdir(join(folder, "out.tar.gz.age.sig", "in-the-way"), { recursive: true });
    const upload = { url: `file://${join(folder, "delivered")}/`, options: {} };
    const report = await run({ encrypt: { recipients: [RECIPIENT] }, sign: "env:SIGNING_KEY", upload });
    deepStrictEqual([report.status, report.exitCode, report.error!.code], ["failed", 12, "SIGN"]);
    deepStrictEqual(report.stages.slice(-2).map(({ stage, status }) => `${stage} ${status}`), [
      "sign failed",
      "upload skipped",
    ]);
    deepStrictEqual(filesIn(folder), ["out.tar.gz.age", "out.tar.gz.age.sig", "work"]);
  }));

const failing: [name: string, encrypt: (archive: ReadableStream<Uint8Array>) => Promise<ReadableStream<Uint8Array>>][] =
  [
    ["at once", () => Promise.reject(new Error("no entropy"))],
    ["in the middle", (archive) => {
      let pieces = 0;
      return Promise.resolve(archive.pipeThrough(
        new TransformStream({
          transform(chunk, controller) {
            if (++pieces > 2) throw new Error("no entropy");
            controller.enqueue(chunk);
          },
        }),
      ));
    }],
  ];
for (const [name, encrypt] of failing) {
  Deno.test(`writeArchive() leaves nothing when encryption fails ${name}`, async () => {
    const parent = await Deno.makeTempDir();
    const folder = await WorkFolder.create(join(parent, "work"));
    try {
      const noise = () => crypto.getRandomValues(new Uint8Array(65536));
      await folder.write(
        "noise",
        ReadableStream.from((function* () {
          for (let i = 0; i < 100; i++) yield noise();
        })()),
      );
      const path = join(parent, "out.tar.gz.age");
      await rejects(writeArchive(folder, { path, rootName: "out", mtime: new Date(), encrypt }), /no entropy/);
      deepStrictEqual(filesIn(parent), ["work"]);
    } finally {
      await folder.remove();
      await Deno.remove(parent, { recursive: true });
    }
  });
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
