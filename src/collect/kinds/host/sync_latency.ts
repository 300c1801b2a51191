import { join } from "node:path";

export interface SyncLatencies {
  /** How long each fdatasync took, in nanoseconds, in their order. */
  latenciesNs: number[];
  /** In ms. */
  elapsedMs: number;
}

/** Appends blocks to a file, each followed by fdatasync, and measures the latter.
 * @param ms ends the measurement before the file has its size; so does the signal */
export async function measureSync(
  folder: string,
  { fileSize, blockSize, ms, signal }: { fileSize: number; blockSize: number; ms: number; signal: AbortSignal },
): Promise<SyncLatencies> {
  using file = await Deno.open(join(folder, "fsperf.0.0"), { write: true, createNew: true, mode: 0o600 });
  const block = new Uint8Array(blockSize).fill(0x5a);
  const latenciesNs: number[] = [];
  const start = performance.now();
  for (let written = 0; written < fileSize && performance.now() - start < ms && !signal.aborted;) {
    for (let at = 0; at < block.length;) at += await file.write(block.subarray(at));
    written += block.length;
    const before = performance.now();
    await file.syncData();
    latenciesNs.push(Math.round((performance.now() - before) * 1e6));
  }
  return { latenciesNs, elapsedMs: performance.now() - start };
}

const PERCENTILES = [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 99.5, 99.9, 99.95, 99.99];

/** The figures of a job in fio's output: `lat_ns`, with `percentile` keyed as fio keys it (`99.000000`).
 * @param latenciesNs at least one */
export function latencyFigures(latenciesNs: readonly number[]) {
  const sorted = [...latenciesNs].sort((a, b) => a - b);
  const count = sorted.length;
  const mean = sorted.reduce((sum, each) => sum + each, 0) / count;
  const variance = sorted.reduce((sum, each) => sum + (each - mean) ** 2, 0) / count;
  const at = (percent: number) => sorted[Math.max(0, Math.ceil(count * percent / 100) - 1)]!;
  return {
    min: sorted[0]!,
    max: sorted[count - 1]!,
    mean,
    stddev: Math.sqrt(variance),
    N: count,
    percentile: Object.fromEntries(PERCENTILES.map((percent) => [percent.toFixed(6), at(percent)])),
  };
}
