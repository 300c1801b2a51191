import { SupportBundleError } from "../../../core/errors.ts";

const BACKGROUND_FILE_BYTES = 100 * 1024 * 1024;

export interface FioPlan {
  directory: string;
  fileSize: number;
  blockSize: number;
  /** The measurement ends by then, or when the file has its size. */
  runSeconds: number;
}

/** Operations that go on beside the measurement. */
export interface BackgroundLoad {
  readIops: number;
  readJobs: number;
  writeIops: number;
  writeJobs: number;
}

/** fio's arguments for sequential writes, each followed by fdatasync. */
export function fioArgs({ directory, fileSize, blockSize, runSeconds }: FioPlan): string[] {
  return [
    "--name=fsperf",
    `--directory=${directory}`,
    "--rw=write",
    "--ioengine=sync",
    "--fdatasync=1",
    `--size=${fileSize}`,
    `--bs=${blockSize}`,
    `--runtime=${runSeconds}`,
    "--output-format=json",
  ];
}

/** fio's arguments for random reads and writes of 4 KiB past the page cache, at a rate that all jobs share.
 * @returns undefined when the load is none */
export function backgroundArgs(
  { readIops, readJobs, writeIops, writeJobs }: BackgroundLoad,
  { directory, seconds }: { directory: string; seconds: number },
): string[] | undefined {
  const jobs = (["read", "write"] as const).flatMap((direction) => {
    const [iops, count] = direction === "read" ? [readIops, readJobs] : [writeIops, writeJobs];
    return Array.from({ length: iops > 0 ? count : 0 }, (_, i) => [
      `--name=background-${direction}-${i}`,
      `--filename=background-${direction}-${i}`,
      `--rw=rand${direction}`,
      `--rate_iops=${Math.max(1, Math.round(iops / count))}`,
    ]).flat();
  });
  if (jobs.length === 0) return undefined;
  return [
    `--directory=${directory}`,
    "--ioengine=sync",
    "--direct=1",
    "--bs=4k",
    `--size=${BACKGROUND_FILE_BYTES}`,
    "--time_based",
    `--runtime=${seconds}`,
    "--output-format=terse",
    ...jobs,
  ];
}

/** What the files of a load take on the disk, in bytes. */
export function backgroundBytes({ readIops, readJobs, writeIops, writeJobs }: BackgroundLoad): number {
  return ((readIops > 0 ? readJobs : 0) + (writeIops > 0 ? writeJobs : 0)) * BACKGROUND_FILE_BYTES;
}

/** The JSON in what fio writes: notes may stand before it.
 * @throws {SupportBundleError} `HOST_OUTPUT` */
export function parseFio(stdout: string): Record<string, unknown> {
  const start = stdout.search(/^\{/m);
  try {
    return JSON.parse(stdout.slice(Math.max(start, 0)));
  } catch (cause) {
    throw new SupportBundleError("Cannot read what fio measured: its output is not JSON", {
      code: "HOST_OUTPUT",
      cause,
    });
  }
}
