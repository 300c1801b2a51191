import { systemClock } from "../../src/core/clock.ts";
import { startKvServer } from "../fixtures/kv_server.ts";
import { seeded } from "../seeded.ts";
import type { KillOrder } from "./crash_daemon.ts";
import { type Fault, judge } from "./oracle.ts";
import { type AttemptMode, Rig, type RigOptions } from "./rig.ts";
import { mountSmallDisk } from "./small_disk.ts";
import { CHILD_STEPS, DAEMON_STEPS, MOMENTS } from "./steps.ts";

/** What a run comes to. */
export interface CrashReport {
  slots: number;
  executions: number;
  attempts: number;
  /** How often what was killed, paused or broken, by name. */
  counts: Map<string, number>;
  faults: Fault[];
  /** What is kept for whoever looks for the reasons of the faults. */
  folders: string[];
}

export interface CrashRunOptions {
  seed: number;
  /** How many daemons come to a bad end. */
  rounds: number;
}

const TOKEN = "DENO_KV_ACCESS_TOKEN";
const RANDOM_INSTANT = "random instant";
/** A daemon that does not come to the step it is to die at, dies after this time. */
const LIFE_MS = 2_500;
const LEASE_TIMES = { leaseMs: 30_000, renewEveryMs: 40, rescueEveryMs: 500 };

/** One daemon after the other is killed, and its children: at the named steps by turns, and at random instants. */
export async function killAtSteps({ seed, rounds }: CrashRunOptions): Promise<CrashReport> {
  const random = seeded(seed);
  return await inRig({ leaseTimes: LEASE_TIMES }, async (rig, count) => {
    await rig.addEverySecond("ok", "skip");
    await rig.addEverySecond("slow", "allow");
    let deck: (KillOrder | undefined)[] = [];
    for (let round = 0; round < rounds; round++) {
      await addSlots(rig, random, 1 + random(3));
      if (deck.length === 0) deck = shuffled(killOrders(random), random);
      const kill = deck.pop();
      const daemon = rig.start({ seed: random(2 ** 31), kill });
      // Of a killed child the daemon lives to tell; it goes when something else has been done, too.
      const lifeMs = kill?.target === "daemon" ? LIFE_MS : 300 + random(700);
      if (!await daemon.endsWithin(lifeMs)) {
        count(`daemon:${RANDOM_INSTANT}`);
      }
      await daemon.kill();
    }
  });
}

/** As {@linkcode killAtSteps}, at random instants, with a store that fails one call in fifteen. */
export async function failAtRandom({ seed, rounds }: CrashRunOptions): Promise<CrashReport> {
  const random = seeded(seed);
  return await inRig({ leaseTimes: LEASE_TIMES }, async (rig, count) => {
    await rig.addEverySecond("ok", "skip");
    for (let round = 0; round < rounds; round++) {
      await addSlots(rig, random, 2 + random(4));
      const daemon = rig.start({ seed: random(2 ** 31), failOneIn: 15 });
      const byItself = await daemon.endsWithin(500 + random(3_000));
      count(byItself ? "daemon ended at a store that failed" : `daemon:${RANDOM_INSTANT}`);
      await daemon.kill();
    }
  });
}

/** Daemons on a disk that is full most of the time, killed at random. Needs {@linkcode canMountSmallDisk}. */
export async function fillDisk({ seed, rounds }: CrashRunOptions): Promise<CrashReport> {
  const random = seeded(seed);
  await using disk = await mountSmallDisk();
  const filler = `${disk.path}/filler`;
  return await inRig({ leaseTimes: LEASE_TIMES, stateRoot: disk.path }, async (rig, count) => {
    await rig.addEverySecond("ok", "skip");
    for (let round = 0; round < rounds; round++) {
      await addSlots(rig, random, 1 + random(3));
      if (random(4) === 0) await fill(filler);
      const daemon = rig.start({ seed: random(2 ** 31) });
      await daemon.endsWithin(200 + random(500));
      await fill(filler);
      count("disk filled");
      const byItself = await daemon.endsWithin(200 + random(1_500));
      if (random(2) === 0) await Deno.remove(filler);
      if (!byItself && random(2) === 0) await daemon.endsWithin(random(1_000));
      count(byItself ? "daemon ended at a full disk" : `daemon:${RANDOM_INSTANT}`);
      await daemon.kill();
      await Deno.remove(filler).catch(() => {});
    }
  });
}

export interface DisturbOptions {
  seed: number;
  /** Five come due each second. */
  slots: number;
  /** Of the KV server. */
  program: string;
}

/** Two daemons on one KV server, killed, and paused for longer than their claims hold, while slots come due. */
export async function disturbTwo({ seed, slots, program }: DisturbOptions): Promise<CrashReport> {
  const random = seeded(seed);
  await using server = await privateKvServer(program);
  const leaseTimes = { leaseMs: 1_000, renewEveryMs: 200, rescueEveryMs: 500 };
  return await inRig({ daemons: 2, url: server.url, leaseTimes }, async (rig, count) => {
    const start = (n: number) => rig.start({ seed: random(2 ** 31) }, n);
    const firstMs = Date.now() + 1_000 + 2 * slots; // writing the jobs takes a while
    const dueAt = (i: number) => new Date(firstMs + i * 200);
    await rig.addSlots(Array.from({ length: slots }, (_, i) => ({ mode: mode(random), dueAt: dueAt(i) })));
    /** Has daemons come and go in one state folder. */
    const disturb = async (n: number) => {
      let daemon = start(n);
      while (Date.now() < dueAt(slots).getTime()) {
        await systemClock.sleep(300 + random(1_200));
        if (random(2) === 0) {
          count(`daemon:${RANDOM_INSTANT}`);
          await daemon.kill();
          daemon = start(n);
        } else {
          count("daemon paused");
          daemon.signal("SIGSTOP");
          await systemClock.sleep(100 + random(2_400));
          daemon.signal("SIGCONT");
        }
      }
      await daemon.kill();
    };
    await Promise.all([disturb(0), disturb(1)]);
  });
}

/** With its data in a folder of its own, and its token in this process's environment, where Deno KV looks for it. */
async function privateKvServer(program: string): Promise<{ url: string } & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "sb-crash-kv-" });
  const token = crypto.randomUUID();
  const server = await startKvServer(program, folder, token);
  Deno.env.set(TOKEN, token);
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      Deno.env.delete(TOKEN);
      await server.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** What two runs come to together. */
export function addReport(sum: CrashReport, report: CrashReport): CrashReport {
  for (const [name, times] of report.counts) sum.counts.set(name, (sum.counts.get(name) ?? 0) + times);
  return {
    slots: sum.slots + report.slots,
    executions: sum.executions + report.executions,
    attempts: sum.attempts + report.attempts,
    counts: sum.counts,
    faults: [...sum.faults, ...report.faults],
    folders: [...sum.folders, ...report.folders],
  };
}

async function inRig(
  options: RigOptions,
  body: (rig: Rig, count: (what: string) => void) => Promise<void>,
): Promise<CrashReport> {
  await using rig = await Rig.open(options);
  const counts = new Map<string, number>();
  await body(rig, (what) => counts.set(what, (counts.get(what) ?? 0) + 1));
  const evidence = await rig.evidence();
  for (const [name, times] of await rig.kills()) counts.set(name, times);
  const faults = judge(evidence);
  if (faults.length > 0) await rig.keep();
  return {
    slots: evidence.slots.reduce((sum, { due }) => sum + due.length, 0),
    executions: evidence.executions.length,
    attempts: evidence.executions.reduce((sum, { retryCount }) => sum + retryCount + 1, 0),
    counts,
    faults,
    folders: faults.length > 0 ? [rig.folder] : [],
  };
}

async function addSlots(rig: Rig, random: (below: number) => number, slots: number): Promise<void> {
  await rig.addSlots(
    Array.from({ length: slots }, () => ({ mode: mode(random), dueAt: new Date(Date.now() + random(400)) })),
  );
}

function mode(random: (below: number) => number): AttemptMode {
  const modes: AttemptMode[] = [
    "ok",
    "ok",
    "slow",
    "slow",
    "slower",
    ...CHILD_STEPS.map((step) => `die-${step}` as const),
  ];
  return modes[random(modes.length)]!;
}

/** Each step once at each moment, and as many random instants as there are steps. */
function killOrders(random: (below: number) => number): (KillOrder | undefined)[] {
  const orders: (KillOrder | undefined)[] = DAEMON_STEPS.flatMap((step) =>
    MOMENTS.map((moment) => ({
      target: "daemon" as const,
      step,
      moment,
      time: step === "take-over" ? 1 : 1 + random(3),
    }))
  );
  for (const moment of ["before", "after"] as const) {
    orders.push({ target: "child", step: "record-child", moment, time: 1 + random(2) });
  }
  return [...orders, ...DAEMON_STEPS.map(() => undefined)];
}

function shuffled<T>(items: readonly T[], random: (below: number) => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(random(left.length), 1)[0]!);
}

/** Writes until there is no space left. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { create: true, write: true, append: true });
  for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 4)) {
    const bytes = new Uint8Array(size);
    try {
      for (;;) await file.write(bytes);
    } catch (error) {
      if (!/os error 28/.test(String(error))) throw error;
    }
  }
}
