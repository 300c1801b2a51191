import { deepStrictEqual, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Told, Trial } from "../fixtures/daemon/cgroup_daemon.ts";

/** A cgroup tree of version 2 in a mount namespace of its own, and in it a cgroup that is the daemon's alone. Controllers that
 * the machine still uses in version 1 are not to be had there. */
const STAGE = `
umount -R /sys/fs/cgroup 2>/dev/null
mount -t cgroup2 none /sys/fs/cgroup && mount -t tmpfs tmpfs /dev/shm || exit 90
for c in memory cpu pids; do echo +$c > /sys/fs/cgroup/cgroup.subtree_control; done 2>/dev/null
C=$(mktemp -d /sys/fs/cgroup/support-bundle-XXXXXX) || exit 90
trap 'find $C -depth -type d -exec rmdir {} +' EXIT
sh -c 'echo $$ > $0/cgroup.procs && exec "$@"' $C "$@"
`;

async function inCgroup(...command: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: ["--mount", "sh", "-c", STAGE, "sh", ...command],
  })
    .output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

const possible = Deno.build.os === "linux" && Deno.uid() === 0 &&
  await inCgroup("true").then(({ code }) => code === 0, () => false);

const BURNS = `i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done`;

/** Each row is one attempt of one daemon. */
const behaviour: [
  name: string,
  trial: Trial,
  holds: (end: NonNullable<Told["ends"][number]>) => boolean,
][] = [
  [
    "counts the processor time of all, to the end",
    { script: `${BURNS}; sh -c '${BURNS}'`, limits: {} },
    ({ exitCode, cpuTimeMs }) => exitCode === 0 && cpuTimeMs! > 50,
  ],
  [
    "leaves nothing of what has left its group and its parents",
    { script: "(setsid sleep 300 &) ; exit 3", limits: {} },
    ({ exitCode, tookMs }) => exitCode === 3 && tookMs < 30_000,
  ],
  [
    "tells an attempt near its limit to end",
    {
      needs: "memory",
      script: "trap 'exit 5' TERM; head -c 56000000 /dev/zero > /dev/shm/x; while :; do sleep 0.1; done",
      limits: { maxMemoryMB: 60 },
    },
    ({ exitCode, endedFor, peakMemoryMB }) => exitCode === 5 && endedFor === "memory" && peakMemoryMB! > 40,
  ],
  [
    "ends by the kernel what takes more, however fast",
    { needs: "memory", script: "trap '' TERM; tail /dev/zero", limits: { maxMemoryMB: 60 } },
    ({ exitCode, endedFor, peakMemoryMB, tookMs }) =>
      exitCode === null && endedFor === "memory" && peakMemoryMB! >= 60 && tookMs < 20_000,
  ],
  [
    "does not count what can be given back",
    {
      needs: "memory",
      script: "head -c 150000000 /dev/zero > /tmp/sb-cache; rm /tmp/sb-cache",
      limits: { maxMemoryMB: 60 },
    },
    ({ exitCode, endedFor }) => exitCode === 0 && endedFor === undefined,
  ],
  [
    "gives no more processor time",
    { needs: "cpu", script: "while :; do :; done", limits: { maxCpu: 0.1, timeoutMs: 3_000 } },
    ({ endedFor, cpuTimeMs }) => endedFor === "timeout" && cpuTimeMs! < 1_000,
  ],
];

const told: Told | undefined = possible ? await run() : undefined;

async function run(): Promise<Told> {
  const { code, stdout, stderr } = await inCgroup(
    Deno.execPath(),
    ...["run", "--quiet", "--no-check", "--allow-all"],
    fileURLToPath(new URL("../fixtures/daemon/cgroup_daemon.ts", import.meta.url)),
    JSON.stringify(behaviour.map(([, trial]) => trial)),
  );
  if (code !== 0) throw new Error(`the daemon in its cgroup ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

for (const [row, [name, { needs }, holds]] of behaviour.entries()) {
  const end = told?.ends[row];
  Deno.test({
    name: `a cgroup ${name}${end === null ? ` (no controller ${needs} here)` : ""}`,
    ignore: !end,
    fn: () => ok(holds(end!), JSON.stringify([end, told!.log])),
  });
}

Deno.test({
  name: "AttemptCgroups ends what a dead daemon has left, and leaves nothing itself",
  ignore: told === undefined,
  fn: () => deepStrictEqual(told!.leftovers, [["attempt-old"], [], []]),
});
