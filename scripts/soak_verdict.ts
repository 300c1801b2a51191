/** The daemon at an instant of a soak. */
export interface SoakSample {
  /** Since the beginning. */
  atMs: number;
  residentMB: number;
  /** Without pages of files. */
  anonymousMB: number;
  fileDescriptors: number;
  threads: number;
  /** Pids of children that have ended, and that it has not asked for. */
  zombies: number[];
}

/** How an execution of a slot, a full second, ended. */
export interface SoakSlot {
  scheduledAt: string;
  status: string;
}

/** What a leak of 8 KB for each of 600 executions makes of them: the record of one, or its log. The heap itself swings by as
 * much, but minutes of it do not rise. */
export const MAX_GROWTH_MB_IN_10_MIN = 5;
/** Until then code is compiled, caches are filled and the heap finds its size. A leak goes on after it. */
const WARM_UP_SHARE = 0.5;
/** The runtime's pool takes another when the machine is busy. */
const MORE_THREADS = 2;
/** A line through less says nothing. */
const MIN_JUDGED_MS = 120_000;

/** @returns what is wrong, a line for each; empty when the soak was passed
 * @param samples at regular intervals @param from first and last slot that were due, both inclusive, milliseconds */
export function soakFaults(samples: readonly SoakSample[], slots: readonly SoakSlot[], from: number, to: number) {
  const faults: string[] = [];
  const warm = warmSamples(samples);
  const growth = growthIn10Min(warm);
  const judgedMs = warm.at(-1)!.atMs - warm[0]!.atMs;
  if (judgedMs >= MIN_JUDGED_MS && growth > MAX_GROWTH_MB_IN_10_MIN) {
    faults.push(`memory grows by ${growth.toFixed(1)} MB in 10 minutes; ${MAX_GROWTH_MB_IN_10_MIN} are allowed`);
  }
  // Each attempt opens some for its time: what is left between attempts must not become more.
  const [early, late] = [warm.slice(0, warm.length / 3), warm.slice(-warm.length / 3)];
  const files = [early, late].map((samples) => Math.min(...samples.map((it) => it.fileDescriptors)));
  if (files[1]! > files[0]!) faults.push(`file descriptors: ${files[0]}, later ${files[1]}`);
  const threads = [early, late].map((samples) => Math.min(...samples.map((it) => it.threads)));
  if (threads[1]! > threads[0]! + MORE_THREADS) faults.push(`threads: ${threads[0]}, later ${threads[1]}`);
  const lasting = samples.filter(({ zombies }, i) =>
    zombies.some((pid) => [1, 2].every((ago) => samples[i - ago]?.zombies.includes(pid)))
  );
  if (lasting.length > 0) faults.push(`zombie processes in ${lasting.length} of ${samples.length} samples`);
  const done = new Set(
    slots.filter(({ status }) => status === "completed").map((slot) => Date.parse(slot.scheduledAt)),
  );
  let lost = 0;
  for (let slot = from; slot <= to; slot += 1_000) if (!done.has(slot)) lost++;
  if (lost > 0) faults.push(`${lost} of ${Math.floor((to - from) / 1_000) + 1} slots were not completed`);
  if (slots.length !== new Set(slots.map(({ scheduledAt }) => scheduledAt)).size) faults.push("a slot ran twice");
  return faults;
}

/** Those after the warm-up. */
export function warmSamples(samples: readonly SoakSample[]): SoakSample[] {
  const end = samples.at(-1)?.atMs ?? 0;
  return samples.filter(({ atMs }) => atMs >= end * WARM_UP_SHARE);
}

/** By how much the anonymous memory rises in 10 minutes, in MB: by the median of the slopes between any two samples (Theil
 * and Sen), which a collection of garbage now and then does not bend as it does a line of least squares. */
export function growthIn10Min(samples: readonly Pick<SoakSample, "atMs" | "anonymousMB">[]): number {
  const slopes = samples.flatMap((a, i) =>
    samples.slice(i + 1).map((b) => (b.anonymousMB - a.anonymousMB) / (b.atMs - a.atMs))
  );
  return (slopes.sort((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? 0) * 600_000;
}
