/** The daemon at an instant of a soak. */
export interface SoakSample {
  /** Since the beginning. */
  atMs: number;
  residentMB: number;
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
 * much, but a line that is laid through minutes of it does not. */
export const MAX_GROWTH_MB_IN_10_MIN = 5;
/** Until then code is compiled, caches are filled and the heap finds its size. A leak goes on after it. */
const WARM_UP_SHARE = 0.5;
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
  for (const what of ["fileDescriptors", "threads"] as const) {
    // Each attempt opens some for its time: what is left between attempts must not become more.
    const [before, after] = [least(warm.slice(0, warm.length / 3), what), least(warm.slice(-warm.length / 3), what)];
    if (after > before) {
      faults.push(`${what === "threads" ? "threads" : "file descriptors"}: ${before}, later ${after}`);
    }
  }
  const lasting = samples.filter(({ zombies }, i) => zombies.some((pid) => samples[i - 1]?.zombies.includes(pid)));
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

/** By how much a line of least squares through the memory of the samples rises in 10 minutes, in MB. */
export function growthIn10Min(samples: readonly Pick<SoakSample, "atMs" | "residentMB">[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanMs, meanMB] = [mean(samples.map(({ atMs }) => atMs)), mean(samples.map(({ residentMB }) => residentMB))];
  let [up, across] = [0, 0];
  for (const { atMs, residentMB } of samples) {
    up += (atMs - meanMs) * (residentMB - meanMB);
    across += (atMs - meanMs) ** 2;
  }
  return across === 0 ? 0 : up / across * 600_000;
}

function least(samples: readonly SoakSample[], what: "fileDescriptors" | "threads"): number {
  return Math.min(...samples.map((sample) => sample[what]));
}
