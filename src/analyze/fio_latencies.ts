import type { HostFile } from "./host_data.ts";
import { isHidden } from "./hidden.ts";
import { goDuration } from "./go_duration.ts";
import { isRecord, recordsOf } from "./stored_objects.ts";
import { Struct } from "./template/values.ts";

const JOB = "fsperf";

/** Where fio's JSON has each statistic, below `sync.lat_ns`. Percentiles are named by their share: `99.500000`. */
const PERCENTILES: Record<string, number> = {
  P1: 1,
  P5: 5,
  P10: 10,
  P20: 20,
  P30: 30,
  P40: 40,
  P50: 50,
  P60: 60,
  P70: 70,
  P80: 80,
  P90: 90,
  P95: 95,
  P99: 99,
  P995: 99.5,
  P999: 99.9,
  P9995: 99.95,
  P9999: 99.99,
};
const AMOUNTS: Record<string, string> = { Min: "min", Max: "max", Average: "mean" };

/** The statistics that fio measures, as templates call them. */
export const LATENCY_NAMES: readonly string[] = [...Object.keys(AMOUNTS), ...Object.keys(PERCENTILES)];

/** Nanoseconds by {@linkcode LATENCY_NAMES}; what fio did not measure is undefined. */
export type Latencies = Record<string, number | undefined>;

/** Reads the latencies of writes that were synced, from fio's JSON.
 * @throws when there are none */
export function fioLatencies({ value, path }: HostFile): Latencies {
  const job = recordsOf(isRecord(value) ? value.jobs : undefined).find(({ jobname }) => jobname === JOB);
  if (job === undefined) throw new Error(`${path} of the bundle has no fio job "${JOB}"`);
  const latencies = isRecord(job.sync) ? job.sync.lat_ns : undefined;
  if (!isRecord(latencies)) throw new Error(`The fio job in ${path} of the bundle has no sync.lat_ns`);
  const percentiles = isRecord(latencies.percentile) ? latencies.percentile : {};
  const number = (name: string, found: unknown): number | undefined => {
    if (found === undefined || typeof found === "number") return found;
    const why = typeof found === "string" && isHidden(found) ? ": redaction has hidden it" : "";
    throw new Error(`The latency ${name} in ${path} of the bundle is not a number${why}`);
  };
  return Object.fromEntries([
    // Collectors leave zeros out.
    ...Object.entries(AMOUNTS).map(([name, field]) => [name, number(name, latencies[field] ?? 0)]),
    ...Object.entries(PERCENTILES).map(([name, share]) => [name, number(name, percentiles[share.toFixed(6)])]),
  ]);
}

/** What messages know: each statistic as a duration, and `.String`, a table of them all. */
export function latencyTemplateData(latencies: Latencies): Struct {
  const texts = LATENCY_NAMES.flatMap((name) => {
    const ns = latencies[name];
    return ns === undefined ? [] : [[name, goDuration(ns)] as const];
  });
  const known = Object.fromEntries<string | undefined>(LATENCY_NAMES.map((name) => [name, undefined]));
  return Struct.of("latencies", {
    ...known,
    ...Object.fromEntries(texts),
    String: texts.map(([name, text]) => `${name}: ${text}`).join("\n"),
  });
}
