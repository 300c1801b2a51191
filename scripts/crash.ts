/** Kills daemons and their attempts at every step, breaks their store and fills their disk, and looks whether each due slot
 * has exactly one outcome, whether anything is left over, and whether every record can be read.
 *
 *   deno task crash                        1,000 daemons killed; takes half an hour
 *   deno task crash --rounds N --seed S    the same orders again; when exactly they strike differs from run to run
 *
 * Needs Linux; for the full disk, root; for two daemons on one KV server, denokv in the folder TEST_SERVICES.
 * Exit code 1 when something was found. */
import { parseArgs } from "node:util";
import {
  addReport,
  type CrashReport,
  type CrashRunOptions,
  disturbTwo,
  failAtRandom,
  fillDisk,
  killAtSteps,
} from "../tests/crash/crash_runs.ts";
import { canMountSmallDisk } from "../tests/crash/small_disk.ts";
import { kvServerProgram } from "../tests/fixtures/kv_server.ts";

/** After so many rounds everything comes to rest and is looked at. */
const ROUNDS_AT_ONCE = 50;

const { values } = parseArgs({ options: { rounds: { type: "string", default: "1000" }, seed: { type: "string" } } });
const rounds = Number(values.rounds);
let seed = Number(values.seed ?? Date.now() % 1e9);
const program = kvServerProgram();
const found: string[] = [];
console.log(`seed ${seed}`);

await inParts("killed at each step, and at random instants", rounds, killAtSteps);
await inParts("a store that fails one call in fifteen", Math.ceil(rounds / 10), failAtRandom);
if (canMountSmallDisk()) await inParts("a full disk", Math.ceil(rounds / 10), fillDisk);
else console.log("\nskipped: a full disk (needs root, to mount a small one)");
if (program !== undefined) {
  show("two daemons on one KV server, killed and paused", await disturbTwo({ seed: seed++, slots: rounds, program }));
} else console.log("\nskipped: two daemons on one KV server (TEST_SERVICES is not set)");

console.log(found.length === 0 ? "\nno faults" : `\n${found.length} faults:\n${found.join("\n")}`);
Deno.exit(found.length === 0 ? 0 : 1);

async function inParts(
  name: string,
  rounds: number,
  run: (options: CrashRunOptions) => Promise<CrashReport>,
): Promise<void> {
  let sum: CrashReport = { slots: 0, executions: 0, attempts: 0, counts: new Map(), faults: [], folders: [] };
  for (let done = 0; done < rounds; done += ROUNDS_AT_ONCE) {
    sum = addReport(sum, await run({ seed: seed++, rounds: Math.min(ROUNDS_AT_ONCE, rounds - done) }));
    console.error(
      `${name}: ${Math.min(done + ROUNDS_AT_ONCE, rounds)} of ${rounds} rounds, ${sum.faults.length} faults`,
    );
  }
  show(name, sum);
}

function show(name: string, { slots, executions, attempts, counts, faults, folders }: CrashReport): void {
  console.log(`\n${name}: ${slots} due slots, ${executions} executions, ${attempts} attempts, ${faults.length} faults`);
  for (const [what, times] of [...counts].sort(([a], [b]) => a < b ? -1 : 1)) {
    console.log(`  ${String(times).padStart(6)}  ${what}`);
  }
  for (const folder of folders) console.log(`  kept: ${folder}`);
  found.push(...faults.map(({ kind, what }) => `${kind}: ${what}`));
}
