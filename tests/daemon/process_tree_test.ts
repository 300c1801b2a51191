import { ok, strictEqual } from "node:assert/strict";
import { killGroup } from "../../src/daemon/process_identity.ts";
import { ProcessTree, type TreeUsage } from "../../src/daemon/process_tree.ts";
import { until } from "./until.ts";

/** Holds forty megabytes, as characters of a shell variable. */
const HOLDS = `x=$(head -c 40000000 /dev/zero | tr '\\0' x)`;
const NESTED = HOLDS.replaceAll("$", "\\$");
const BURNS = `i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done`;

const behaviour: [name: string, script: string, enough: (usage: TreeUsage) => boolean][] = [
  ["counts the first process", `${HOLDS}; sleep 300; :`, ({ memoryMB }) => memoryMB > 40],
  [
    "counts what that starts",
    `sh -c "${NESTED}; sleep 300; :"; :`,
    ({ memoryMB }) => memoryMB > 40,
  ],
  [
    "counts what has left the group",
    `setsid sh -c "${NESTED}; sleep 300; :"; :`,
    ({ memoryMB }) => memoryMB > 40,
  ],
  [
    "counts what lost its parent",
    `sh -c "(sleep 0.5; ${NESTED}; sleep 300; :) & :"; sleep 300; :`,
    ({ memoryMB }) => memoryMB > 40,
  ],
  ["remembers memory that was given back", `${HOLDS}; x=; sleep 300; :`, ({ peakMemoryMB }) => peakMemoryMB > 40],
  ["counts processor time of what has ended", `sh -c '${BURNS}'; sleep 300; :`, ({ cpuTimeMs }) => cpuTimeMs >= 20],
];

for (const [name, script, enough] of behaviour) {
  Deno.test({
    name: `ProcessTree ${name}`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      const child = new Deno.Command("sh", { args: ["-c", script], detached: true, stdin: "null" }).spawn();
      const started = new Set<number>([child.pid]);
      try {
        const tree = new ProcessTree(child.pid);
        let last: TreeUsage | undefined;
        ok(
          await until(name, async () => {
            last = await tree.sample();
            return last !== undefined && enough(last);
          }),
        );
        ok(last!.peakMemoryMB >= last!.memoryMB);
      } finally {
        for (const pid of [...started, ...await descendants(child.pid)]) killGroup(pid, "SIGKILL");
        await child.status;
      }
    },
  });
}

Deno.test("ProcessTree has nothing of a process that is not there", async () => {
  strictEqual(await new ProcessTree(2 ** 30).sample(), undefined);
});

/** Those with a group of their own. */
async function descendants(pid: number): Promise<number[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "pid=", "--ppid", String(pid)] }).output();
  return new TextDecoder().decode(stdout).split("\n").map(Number).filter((child) => child > 1);
}
