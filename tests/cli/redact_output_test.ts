import { deepStrictEqual, equal, rejects } from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { showRedacted } from "../../src/cli/redact_output.ts";
import type { RedactedBundle } from "../../src/pipeline/redact_bundle.ts";
import { CliHarness } from "./schedule/cli_harness.ts";

const held = new Error("held back");
const noMap = new Error("there is no map");
const leftOut = [{ path: "b.zip", message: "a zip file" }];
const totals = { files: 1, count: 2, bytesHidden: 9, leftOut: 1 };

const behaviour: [name: string, facts: Partial<RedactedBundle>, stdout: string, stderr: string, thrown?: Error][] = [
  ["one that is let through", {}, "Redacted support bundle: out.tar.gz\n", "Left out: 1 file\n  b.zip: a zip file\n"],
  [
    "one without its map",
    { tokenError: noMap },
    "Redacted support bundle: out.tar.gz\n",
    "Left out: 1 file\n  b.zip: a zip file\n",
    noMap,
  ],
  [
    "one that is held back",
    { quarantine: { error: held as never, withholdTexts: false }, tokenError: noMap },
    "",
    "Held back: out.tar.gz\nLeft out: 1 file\n  b.zip: a zip file\nWarning: there is no map\n",
    held,
  ],
  [
    "one that is held back for what it says itself",
    { quarantine: { error: held as never, withholdTexts: true } },
    "",
    "Held back: out.tar.gz\nLeft out: 1 file\n",
    held,
  ],
];
for (const [name, facts, stdout, stderr, thrown] of behaviour) {
  Deno.test(`showRedacted() tells of ${name}`, async () => {
    await using harness = await CliHarness.create();
    const { cli, printed } = harness.context();
    const report = { totals, rules: [], files: [], leftOut } as unknown as RedactedBundle["report"];
    const result = { path: `${harness.root}/out.tar.gz`, bytes: 1, files: 3, report, ...facts };
    const shown = showRedacted(cli, result, { quiet: false, stats: true, ms: 1 });
    if (thrown === undefined) equal(await shown, undefined);
    else await rejects(shown, thrown);
    deepStrictEqual([printed.stdout, stripVTControlCharacters(printed.stderr)], [stdout, stderr]);
  });
}
