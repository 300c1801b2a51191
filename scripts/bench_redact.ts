/** The section `redact` of the bench: `support-bundle redact` against `gunzip | gzip -6` of the same bundle, in turns. */
import { join } from "node:path";
import { gzipMembers } from "../src/bundle/gzip_members.ts";
import { headerBlocks, padding, TAR_END } from "../src/bundle/tar_blocks.ts";

export interface BenchTools {
  binary: string;
  /** For whatever is made. */
  scratch: string;
  measure(command: string[], env?: Record<string, string>): Promise<{ ms: number; peakMB: number }>;
  row(what: string, figure: string, bound?: string): void;
  median(values: number[]): number;
  /** Lines of a log, one in a hundred with a secret. */
  logText(megabytes: number): string;
}

const ROOT = "support-bundle-2026-01-31T08_00_00";
const MEGABYTES = 200;
const ROUNDS = 5;

export async function redactBench(tools: BenchTools): Promise<void> {
  const { row, scratch } = tools;
  const bundle = await makeBundle(tools);
  const zipped = join(scratch, "zipped.gz");
  for (const [cores, bound] of [["0", "< 1.4"], [undefined, "less"]] as const) {
    if (cores !== undefined && !hasTaskset()) {
      row("redact of 200 MB of logs, one core", "skipped", "there is no taskset");
      continue;
    }
    const on = cores === undefined ? [] : ["taskset", "-c", cores];
    const ratios: number[] = [], seconds: number[] = [], peaks: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const gzip = await tools.measure([...on, "sh", "-c", `gunzip < '${bundle}' | gzip -6 > '${zipped}'`]);
      const redact = await redactOnce(tools, on, bundle);
      ratios.push(redact.ms / gzip.ms);
      seconds.push(redact.ms / 1000);
      peaks.push(redact.peakMB);
    }
    const where = cores === undefined ? `${navigator.hardwareConcurrency} cores` : "one core";
    row(`redact of ${MEGABYTES} MB of logs, ${where}`, `${tools.median(seconds).toFixed(2)} s`);
    row("  ratio to gunzip | gzip -6 of the same bundle", tools.median(ratios).toFixed(2), bound);
    row("  its memory", `${Math.round(Math.max(...peaks))} MB`, "< 150 MB");
  }
  const { bytes } = await redactOnce(tools, [], bundle);
  row("  size of the result, ratio to gzip -6", (bytes / (await Deno.stat(zipped)).size).toFixed(2));

  const large = join(scratch, "large.tar.gz");
  await writeBundle(large, [["large.log", 10 * MEGABYTES]], tools.logText(20));
  row(
    "redact of a log of 2 GB, its memory",
    `${Math.round((await redactOnce(tools, [], large)).peakMB)} MB`,
    "< 150 MB",
  );
}

async function redactOnce(
  { binary, scratch, measure }: BenchTools,
  on: string[],
  bundle: string,
): Promise<{ ms: number; peakMB: number; bytes: number }> {
  const result = join(scratch, "redacted.tar.gz");
  const measured = await measure([...on, binary, "redact", bundle, "-o", result]);
  const { size } = await Deno.stat(result);
  await Deno.remove(result);
  return { ...measured, bytes: size };
}

function hasTaskset(): boolean {
  try {
    return new Deno.Command("taskset", { args: ["-c", "0", "true"], stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** That of the corpus where `REDACTION_CORPUS` names it, or one of our own. */
async function makeBundle({ scratch, logText, row }: BenchTools): Promise<string> {
  const corpus = Deno.env.get("REDACTION_CORPUS");
  if (corpus !== undefined) {
    const out = join(scratch, "corpus");
    const made = await new Deno.Command(join(corpus, "make"), { args: [out, "--mb", String(MEGABYTES), "--pack"] })
      .output().catch(() => undefined);
    const packed = made?.success ? [...Deno.readDirSync(out)].find(({ name }) => name.endsWith(".tar.gz")) : undefined;
    if (packed !== undefined) return join(out, packed.name);
    row("redaction corpus", "not usable", "REDACTION_CORPUS cannot be used; our own logs are");
  }
  const path = join(scratch, "logs.tar.gz");
  const files = Array.from({ length: 20 }, (_, i): [string, number] => [`logs/${i}.log`, MEGABYTES / 20]);
  await writeBundle(path, files, logText(10));
  return path;
}

/** @param text what the logs repeat */
async function writeBundle(path: string, files: [name: string, megabytes: number][], text: string): Promise<void> {
  const lines = new TextEncoder().encode(text);
  const version = new TextEncoder().encode("apiVersion: troubleshoot.sh/v1beta2\n");
  const header = (name: string, size: number) =>
    headerBlocks({ name: `${ROOT}/${name}`, size: 0, mode: 0o600, mtime: new Date(0) }, size);
  async function* tar() {
    yield await header("version.yaml", version.length);
    yield version;
    yield padding(version.length);
    for (const [name, megabytes] of files) {
      const times = Math.round(megabytes * 1e6 / lines.length);
      yield await header(name, times * lines.length);
      for (let i = 0; i < times; i++) yield lines;
      yield padding(times * lines.length);
    }
    yield TAR_END;
  }
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  for await (const piece of gzipMembers(tar())) {
    for (let rest = piece; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
  }
}
