import { deepStrictEqual } from "node:assert/strict";
import type { AttemptCgroup, CgroupUsage } from "../../src/daemon/attempt_cgroup.ts";
import { type AttemptUsage, type MemoryLevel, watchUsage } from "../../src/daemon/watch_usage.ts";

/** A cgroup whose kernel counts as told, once a sample. */
function cgroup(memoryMB: number[], boundsMemory: boolean, onLast: () => void): AttemptCgroup {
  return {
    boundsMemory,
    entering: (command) => command,
    add: () => Promise.resolve(),
    usage(): Promise<CgroupUsage> {
      const now = memoryMB.shift();
      if (memoryMB.length === 0) onLast();
      return Promise.resolve({ memoryMB: now, cpuTimeMs: 10, oomKilled: false });
    },
    end: () => Promise.resolve(),
  };
}

const behaviour: [
  name: string,
  memoryMB: number[],
  keptByKernel: boolean,
  expect: MemoryLevel[],
  peakMemoryMB: number,
][] = [
  ["says nothing of what is far from the limit", [10, 90, 89], true, [], 90],
  ["says that a limit is near when a tenth is left", [10, 91, 50], true, ["near"], 91],
  ["says that a limit is passed", [101], false, ["over"], 101],
  ["leaves a limit to the kernel that keeps it", [101], true, ["near"], 101],
  ["says so each time", [95, 100.1, 99], false, ["near", "over", "near"], 100.1],
];
for (const [name, memoryMB, keptByKernel, expect, peakMemoryMB] of behaviour) {
  Deno.test(`watchUsage() ${name}`, async () => {
    const ended = new AbortController();
    const usage: AttemptUsage = {};
    const levels: MemoryLevel[] = [];
    const samples = memoryMB.slice();
    await watchUsage({
      leader: 2 ** 30, // nobody
      cgroup: cgroup(samples, keptByKernel, () => ended.abort()),
      maxMemoryMB: 100,
      usage,
      clock: { now: () => new Date(0), sleep: () => Promise.resolve() },
      signal: ended.signal,
      onLevel: (level) => levels.push(level),
    });
    deepStrictEqual([levels, usage], [expect, { peakMemoryMB, cpuTimeMs: 10 }]);
  });
}
