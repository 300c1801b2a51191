import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { unpackTar } from "modern-tar";
import { textEntry } from "../../src/bundle/entry.ts";
import type { RedactionReport } from "../../src/bundle/redaction_report.ts";
import { systemClock } from "../../src/core/clock.ts";
import { redactBundle, type RedactBundleOptions, type RedactedBundle } from "../../src/pipeline/redact_bundle.ts";
import type { RedactorSpec } from "../../src/redact/redactor.ts";
import { bytes, type Member, tarOf, text } from "../bundle/tar_bytes.ts";
import { collector, specOf, withRun } from "./with_run.ts";
import { secretsOf } from "../secrets.ts";

export const ROOT = "support-bundle-2026-01-31T08_00_00";
export const VERSION: Member = [{ name: `${ROOT}/version.yaml` }, "apiVersion: troubleshoot.sh/v1beta2\n"];
export const REPORT = "execution-data/redaction.json";
export const secret = () => crypto.randomUUID();

/** A folder with a bundle, and one for what it becomes: `out`. */
export class Scratch implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async create(): Promise<Scratch> {
    const folder = await Deno.makeTempDir();
    await Deno.mkdir(join(folder, "out"));
    return new Scratch(folder);
  }

  async archive(...members: Member[]): Promise<string> {
    const path = join(this.folder, "in.tar.gz");
    await Deno.writeFile(path, gzipSync(await tarOf(...members)));
    return path;
  }

  /** Redacts a bundle into `out/out.tar.gz`. */
  async run(bundle: string, options: Partial<RedactBundleOptions> = {}): Promise<RedactedBundle> {
    return await redactBundle({
      bundle,
      archivePath: join(this.folder, "out", "out.tar.gz"),
      custom: [],
      leakGate: true,
      secret: secretsOf(),
      clock: systemClock,
      signal: new AbortController().signal,
      ...options,
    });
  }

  /** As `run`, and reads what is there then. */
  async redact(
    bundle: string,
    custom: RedactorSpec[] = [],
    options: Partial<RedactBundleOptions> = {},
  ): Promise<Result> {
    const redacted = await this.run(bundle, { custom, ...options });
    const entries = await unpackTar(gunzipSync(await Deno.readFile(redacted.path)), { strict: true });
    return {
      redacted,
      entries,
      files: new Map(entries.map(({ header, data }) => [header.name, data ?? new Uint8Array()])),
    };
  }

  /** Names of what is where the result is to be. */
  left(): string[] {
    return [...Deno.readDirSync(join(this.folder, "out"))].map(({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

export interface Result {
  redacted: RedactedBundle;
  entries: Awaited<ReturnType<typeof unpackTar>>;
  /** By name in the archive. */
  files: Map<string, Uint8Array>;
}

export const textOf = ({ files }: Result, path: string) =>
  text(files.get(`${ROOT}/${path}`) ?? files.get(`out/${path}`) ?? bytes("(missing)"));
export const reportOf = (result: Result): RedactionReport => JSON.parse(textOf(result, REPORT));

/** A bundle as `support-bundle` makes it, in which nothing was hidden unless `options` say so. Its top folder is `out`. */
export async function collected(
  scratch: Scratch,
  value: string,
  options: Parameters<typeof withRun>[2] = { redact: false },
): Promise<string> {
  const path = join(scratch.folder, "collected.tar.gz");
  await withRun(await specOf("", secrets(value)), ({ report }) => Deno.copyFile(report.archive!.path, path), options);
  return path;
}

export function secrets(value: string) {
  return collector("secrets", async function* () {
    yield textEntry("mine/a.txt", `password=${value}\n`);
    yield textEntry("mine/b.txt", "harmless\n");
    yield textEntry("mine/c.zip", "PK\x03\x04 nobody looks into it");
  });
}
