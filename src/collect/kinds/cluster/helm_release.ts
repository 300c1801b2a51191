import { describeError, SupportBundleError } from "../../../core/errors.ts";
import { readBounded } from "../../bounded_body.ts";

/** What a release's record takes, unpacked, at the most. Records are at most 1 MiB as they lie in the cluster, and text
 * that is made for it gets a thousand times as large. */
export const MAX_RELEASE_BYTES = 16 * 1024 * 1024;

/** One revision of a Helm release, as Helm 3 stores it; what is not used is left out. */
export interface HelmRelease {
  name: string;
  namespace: string;
  version: number;
  info: { status: string; last_deployed: string };
  chart: { metadata: { name: string; version: string; appVersion: string }; values: Values };
  /** What the user set. */
  config: Values;
}

export type Values = Record<string, unknown>;

/** The record of a revision cannot be read. */
export class HelmReleaseError extends SupportBundleError {
  constructor(why: string, options: ErrorOptions = {}) {
    super(`Cannot read the Helm release: ${why}`, { ...options, code: "HELM_RELEASE" });
  }
}

/** Reads the payload of a release's record: base64 of gzip (or, from old versions, of plain) JSON.
 * @throws {HelmReleaseError} */
export async function decodeHelmRelease(payload: string): Promise<HelmRelease> {
  let text: string;
  try {
    text = await unpack(Uint8Array.fromBase64(payload.trim()));
  } catch (cause) {
    if (cause instanceof HelmReleaseError) throw cause;
    throw new HelmReleaseError(describeError(cause), { cause });
  }
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch {
    throw new HelmReleaseError("its record is not JSON"); // V8 would quote what it found
  }
  const release = record(stored);
  const info = record(release.info);
  const chart = record(release.chart);
  const metadata = record(chart.metadata);
  const version = Number(release.version);
  if (typeof release.name !== "string" || release.name === "" || !Number.isInteger(version)) {
    throw new HelmReleaseError("its record has no name or no version");
  }
  return {
    name: release.name,
    namespace: textOf(release.namespace),
    version,
    info: { status: textOf(info.status), last_deployed: textOf(info.last_deployed) },
    chart: {
      metadata: {
        name: textOf(metadata.name),
        version: textOf(metadata.version),
        appVersion: textOf(metadata.appVersion),
      },
      values: record(chart.values),
    },
    config: record(release.config),
  };
}

async function unpack(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = packed ? new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")) : undefined;
  const { bytes: content, truncated } = plain === undefined
    ? { bytes, truncated: bytes.length > MAX_RELEASE_BYTES }
    : await readBounded(plain, MAX_RELEASE_BYTES);
  if (truncated) throw new HelmReleaseError(`unpacked, its record has more than ${MAX_RELEASE_BYTES} bytes`);
  return new TextDecoder().decode(content);
}

/** The values that the templates saw, with sorted keys: the chart's defaults with the user's over them. A null of the user
 * removes a default.
 * @see https://helm.sh/docs/chart_template_guide/values_files/ */
export function computedValues({ chart, config }: { chart: { values: Values }; config: Values }): Values {
  return sortKeys(overlay(config, chart.values)) as Values;
}

function overlay(over: Values, under: Values): Values {
  const result = new Map(Object.entries(over));
  for (const [key, value] of Object.entries(under)) {
    const set = result.get(key);
    if (!result.has(key)) result.set(key, value);
    else if (set === null) result.delete(key);
    else if (isTable(set) && isTable(value)) result.set(key, overlay(set, value));
  }
  return Object.fromEntries(result);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isTable(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sortKeys(value[key])]));
}

/** A time of a record in the form that existing readers know, which is how Go prints one:
 * `2024-05-01T10:11:12.100Z` → `2024-05-01 10:11:12.1 +0000 UTC`. Other text stays as it is. */
export function goTimeText(time: string): string {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(?:Z|([+-]\d\d):(\d\d))$/.exec(time);
  if (parts === null) return time;
  const [, date, clock, fraction = "", hours = "+00", minutes = "00"] = parts;
  const offset = hours + minutes;
  const zone = /^[+-]0000$/.test(offset) ? "+0000 UTC" : `${offset} ${offset}`;
  return `${date} ${clock}${fraction.replace(/\.?0+$/, "")} ${zone}`;
}

function record(value: unknown): Values {
  return isTable(value) ? value : {};
}

function isTable(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
