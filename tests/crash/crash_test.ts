import { ok, strictEqual } from "node:assert/strict";
import { kvServerProgram } from "../fixtures/kv_server.ts";
import { type CrashReport, disturbTwo, failAtRandom, fillDisk, killAtSteps } from "./crash_runs.ts";
import { canMountSmallDisk } from "./small_disk.ts";

// A few rounds of what `deno task crash` does at length, at other steps each time. What is left over is found in /proc.
const linux = Deno.build.os === "linux";
const program = kvServerProgram();
const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;

const behaviour: [name: string, ignore: boolean, run: () => Promise<CrashReport>][] = [
  ["daemons and attempts that are killed at any step", !linux, () => killAtSteps({ seed, rounds: 8 })],
  ["a store that fails at random", !linux, () => failAtRandom({ seed, rounds: 2 })],
  ["a full disk (as root, to mount a small one)", !canMountSmallDisk(), () => fillDisk({ seed, rounds: 2 })],
  [
    "two daemons on one KV server that are killed and paused",
    !linux || program === undefined,
    () => disturbTwo({ seed, slots: 12, program: program! }),
  ],
];

for (const [name, ignore, run] of behaviour) {
  Deno.test({
    name: `each due slot has one outcome, and nothing is left over: ${name}`,
    ignore,
    async fn() {
      const { faults, folders, slots, counts } = await run();
      const found = faults.map(({ kind, what }) => `${kind}: ${what}`);
      strictEqual(found.length, 0, [...found, `seed ${seed}`, ...folders].join("\n"));
      ok(slots > 0 && counts.size > 0);
    },
  });
}
