import { equal, ok } from "node:assert/strict";
import { textEntry } from "../../src/bundle/entry.ts";
import { secretsOf } from "../secrets.ts";
import { collector, specOf, withRun } from "./with_run.ts";

const random = () => crypto.randomUUID().replaceAll("-", "X9");

/** What a run uses for itself, and a collector comes upon. */
const rows: [name: string, secret: string, seen: (secret: string) => string, rest: string][] = [
  ["a key", random(), (it) => `hook ${it} end`, "hook ***HIDDEN*** end"],
  ["a key in base64", random(), (it) => `hook ${btoa(it)} end`, "hook ***HIDDEN*** end"],
  ["one key of a pair", `AKIDLOCAL123:${random()}`, (it) => `x ${it.split(":")[1]} end`, "x ***HIDDEN*** end"],
  [
    "one key of JSON",
    JSON.stringify({ accessKeyId: "AKIDLOCAL123", secretAccessKey: random(), region: "eu-west-1" }),
    (it) => `eu-west-1 ${JSON.parse(it).secretAccessKey} end`,
    "eu-west-1 ***HIDDEN*** end",
  ],
];
for (const [name, secret, seen, rest] of rows) {
  Deno.test(`runPipeline() hides ${name} that it uploads or notifies with, wherever it appears`, async () => {
    const leaky = collector("leaky", async function* () {
      yield textEntry("a.log", `${seen(secret)}\n`);
    });
    const notify = [{ kind: "webhook", url: "http://127.0.0.1:1/x", secret: "env:HOOK" }];
    await withRun(await specOf("", leaky), ({ files }) => {
      equal(files.get("a.log"), `${rest}\n`);
      for (const [path, text] of files) ok(!text.includes(secret), path);
    }, { secret: secretsOf({ HOOK: secret }), notify });
  });
}

Deno.test("runPipeline() goes on when its own secrets cannot be read", async () => {
  await withRun(await specOf(""), ({ report }) => equal(report.status, "completed"), {
    notify: [{ kind: "webhook", url: "http://127.0.0.1:1/x", secret: "env:NONE" }],
  });
});
