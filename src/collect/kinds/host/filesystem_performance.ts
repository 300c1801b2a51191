import { tmpdir } from "node:os";
import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, jsonEntry, textEntry } from "../../../bundle/entry.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { flagField } from "../../../core/flag_field.ts";
import { parseSize } from "../../../core/size.ts";
import { VERSION } from "../../../core/version.ts";
import { readBounded } from "../../bounded_body.ts";
import { type CollectContext, defineCollector } from "../../collector.ts";
import { type Deadline, startDeadline, timeoutMs } from "../../deadline.ts";
import { textField } from "../../text_field.ts";
import { findCommand, startGrouped } from "./child_process.ts";
import { backgroundArgs, backgroundBytes, type BackgroundLoad, fioArgs, parseFio } from "./fio.ts";
import { toolEnvironment } from "./host_command.ts";
import { ownTimeMs } from "./own_time.ts";
import { makeScratchFolder } from "./scratch_folder.ts";
import { latencyFigures, measureSync } from "./sync_latency.ts";

const TIMEOUT_MS = 60_000;
/** What fio is left for starting, and for writing its result. */
const SPARE_MS = 5_000;
const MAX_OUTPUT_BYTES = 4_000_000;

export const filesystemPerformance = defineCollector({
  kind: "filesystemPerformance",
  where: "host",
  summary: "How long a file system takes to bring small writes to the disk; by fio where it is installed",
  title: ({ collectorName }) => collectorName || "Filesystem Performance",
  fields: () => {
    const count = (what: string) => z.coerce.number().int().min(0).default(0).describe(what);
    return {
      directory: textField().describe("Folder to write in; what is written is removed"),
      fileSize: textField().default("10Mi").describe("How much to write, such as 10Mi"),
      operationSize: z.coerce.number().int().min(1).max(64 * 1024 * 1024).default(1024).describe("Bytes of one write"),
      runTime: textField().default("120").describe("Longest time of the measurement in seconds, without a unit"),
      timeout: textField().optional().describe("Longest time for everything, such as 2m; without it 1m"),
      sync: flagField().describe("Accepted and not used: every write is synced"),
      datasync: flagField().describe("Accepted and not used: every write is synced"),
      enableBackgroundIOPS: flagField().describe("true reads and writes other files beside the measurement; by fio"),
      backgroundIOPSWarmupSeconds: count("Seconds to do so before the measurement"),
      backgroundWriteIOPS: count("Writes per second of all jobs"),
      backgroundReadIOPS: count("Reads per second of all jobs"),
      backgroundWriteIOPSJobs: count("Files of 100 MiB that are written"),
      backgroundReadIOPSJobs: count("Files of 100 MiB that are read"),
    };
  },
  async *collect(config, context): AsyncGenerator<Entry> {
    const limitMs = ownTimeMs(timeoutMs(config.timeout) ?? TIMEOUT_MS, context);
    const runMs = Math.min(runTimeMs(config.runTime), Math.max(limitMs - SPARE_MS, limitMs / 2));
    const load: BackgroundLoad = {
      readIops: config.backgroundReadIOPS,
      readJobs: config.backgroundReadIOPSJobs,
      writeIops: config.backgroundWriteIOPS,
      writeJobs: config.backgroundWriteIOPSJobs,
    };
    const measurement: Measurement = {
      fileSize: fileBytes(config.fileSize),
      blockSize: config.operationSize,
      runMs,
      limitMs,
      load: config.enableBackgroundIOPS ? load : undefined,
      warmUpMs: config.backgroundIOPSWarmupSeconds * 1000,
    };
    const env = toolEnvironment(context.env);
    const fio = await findCommand("fio", env).catch(() => undefined);
    const bytes = measurement.fileSize + (measurement.load ? backgroundBytes(measurement.load) : 0);
    await using folder = await makeScratchFolder(config.directory, bytes);
    const { result, notes } = fio === undefined
      ? await measureOurselves(folder.path, measurement, context)
      : await measureByFio(fio, folder.path, measurement, { ...context, env });
    const base = bundlePath("host-collectors/filesystemPerformance", config.collectorName || "filesystemPerformance");
    yield jsonEntry(`${base}.json`, result, { indent: 0, source: fio ?? "fdatasync" });
    if (notes !== "") yield textEntry(`${base}-stderr.txt`, notes, fio);
  },
});

interface Measurement {
  fileSize: number;
  blockSize: number;
  /** The measurement ends by then, with what it has. */
  runMs: number;
  /** Everything ends by then, without a result. */
  limitMs: number;
  load?: BackgroundLoad;
  warmUpMs: number;
}

interface Measured {
  result: Record<string, unknown>;
  notes: string;
}

function runTimeMs(text: string): number {
  if (text.trim() === "") return Infinity;
  if (/^[+-]?\d+$/.test(text.trim())) return Number(text) > 0 ? Number(text) * 1000 : Infinity;
  throw new SupportBundleError(`The runTime "${text}" is not a whole number of seconds`, {
    code: "SPEC_VALUE",
    hint: "Write it without a unit, such as 60",
  });
}

function fileBytes(text: string): number {
  try {
    const bytes = parseSize(text, "fileSize");
    if (bytes > 0) return bytes;
  } catch {
    // Said below.
  }
  throw new SupportBundleError(`The fileSize "${text}" is not a size`, {
    code: "SPEC_VALUE",
    hint: "Write one such as 10Mi or 1G",
  });
}

async function measureByFio(
  fio: string,
  directory: string,
  { fileSize, blockSize, runMs, limitMs, load, warmUpMs }: Measurement,
  { clock, signal, env }: Pick<CollectContext, "clock" | "signal"> & { env: Record<string, string> },
): Promise<Measured> {
  using deadline = startDeadline(clock, limitMs, signal);
  const start = (args: string[]) => startGrouped(fio, { args, cwd: tmpdir(), env, signal: deadline.signal });
  const background = load && backgroundArgs(load, { directory, seconds: Math.ceil(limitMs / 1000) });
  const beside = background && start(background);
  const ignored = beside && Promise.all([drain(beside.stdout), drain(beside.stderr)]);
  try {
    if (beside !== undefined) await clock.sleep(warmUpMs, deadline.signal);
    throwIfOver(deadline, signal);
    const runSeconds = Math.max(1, Math.floor((runMs - (beside === undefined ? 0 : warmUpMs)) / 1000));
    const child = start(fioArgs({ directory, fileSize, blockSize, runSeconds }));
    const [stdout, stderr, exitCode] = await Promise.all([
      readBounded(child.stdout, MAX_OUTPUT_BYTES, { drain: true }),
      readBounded(child.stderr, MAX_OUTPUT_BYTES, { drain: true }),
      child.exitCode,
    ]);
    await child.close();
    throwIfOver(deadline, signal);
    const notes = new TextDecoder().decode(stderr.bytes);
    if (exitCode === 0) return { result: parseFio(new TextDecoder().decode(stdout.bytes)), notes };
    throw new SupportBundleError(
      `Cannot measure the file system: fio: ${notes.trim().split("\n").at(-1) || `exit code ${exitCode}`}`,
      { code: "HOST_COMMAND" },
    );
  } finally {
    await beside?.close();
    await ignored;
  }
}

async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  await readBounded(stream, 0, { drain: true });
}

function throwIfOver(deadline: Deadline, signal: AbortSignal): void {
  signal.throwIfAborted();
  if (!deadline.expired) return;
  throw new SupportBundleError("Cannot measure the file system: it did not end within its timeout", {
    code: "TIMEOUT",
    hint: "Raise timeout, or lower fileSize",
  });
}

/** In fio's form, as far as readers look: a program of ours that syncs one write after the other measures what fio would. */
async function measureOurselves(
  folder: string,
  { fileSize, blockSize, runMs, load }: Measurement,
  { clock, signal }: Pick<CollectContext, "clock" | "signal">,
): Promise<Measured> {
  if (load !== undefined) {
    throw new SupportBundleError("Cannot measure the file system under load: fio is not installed", {
      code: "COMMAND_NOT_FOUND",
      hint: "Install fio, or leave enableBackgroundIOPS out",
    });
  }
  const now = clock.now();
  const { latenciesNs, elapsedMs } = await measureSync(folder, { fileSize, blockSize, ms: runMs, signal });
  signal.throwIfAborted();
  const result = {
    "measured by": `support-bundle ${VERSION}, since fio is not installed`,
    timestamp: Math.floor(now.getTime() / 1000),
    timestamp_ms: now.getTime(),
    time: now.toUTCString(),
    jobs: [{
      jobname: "fsperf",
      elapsed: Math.ceil(elapsedMs / 1000),
      "job options": { rw: "write", fdatasync: "1", size: String(fileSize), bs: String(blockSize) },
      sync: { total_ios: latenciesNs.length, lat_ns: latencyFigures(latenciesNs) },
    }],
  };
  return { result, notes: "" };
}
