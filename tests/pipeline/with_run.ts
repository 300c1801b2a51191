import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import * as z from "zod";
import type { Entry } from "../../src/bundle/entry.ts";
import type { Manifest } from "../../src/bundle/manifest.ts";
import { type CollectContext, defineCollector } from "../../src/collect/collector.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { ReadSecret } from "../../src/core/credential_reference.ts";
import type { PipelineEvent } from "../../src/pipeline/report.ts";
import { type PipelineRequest, pipelineRequestSchema } from "../../src/pipeline/request.ts";
import { runPipeline } from "../../src/pipeline/run_pipeline.ts";
import { type LoadedSpec, loadSpecs } from "../../src/spec/load_spec.ts";
import { secretsOf } from "../secrets.ts";

/** A spec with the real kinds it names, and collectors of the test beside them. */
export async function specOf(text: string, ...collectors: ReturnType<typeof collector>[]): Promise<LoadedSpec> {
  const head =
    "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata: {name: test}\nspec:\n  hostCollectors: [{memory: {}}]\n";
  const spec = await loadSpecs({ sources: ["-"], cwd: "/", stdin: () => Promise.resolve(head + text) });
  for (const unit of collectors) {
    spec.hostCollectors.push(
      { unit, config: unit.schema.parse({}), raw: {}, place: "test" } as LoadedSpec["hostCollectors"][0],
    );
  }
  return spec;
}

export function collector(kind: string, collect: (context: CollectContext) => AsyncIterable<Entry>) {
  return defineCollector({
    kind,
    where: "host",
    summary: "of a test",
    title: kind,
    fields: () => ({ unused: z.string().optional() }),
    collect: (_config, context) => collect(context),
  });
}

export interface Ran {
  report: Awaited<ReturnType<typeof runPipeline>>;
  manifest: Manifest;
  events: PipelineEvent[];
  /** Bundle paths of files, with their text. */
  files: Map<string, string>;
  folder: string;
}

export async function withRun(
  spec: LoadedSpec,
  check: (ran: Ran) => void | Promise<void>,
  options: Partial<PipelineRequest> & {
    stop?: AbortSignal;
    abort?: AbortSignal;
    userValues?: string[];
    secret?: ReadSecret;
    onEvent?: (event: PipelineEvent) => void;
  } = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const { stop, abort, userValues, secret, onEvent, ...request } = options;
    const events: PipelineEvent[] = [];
    const report = await runPipeline(
      pipelineRequestSchema.parse({
        specs: ["-"],
        archivePath: join(folder, "out.tar.gz"),
        rootName: "out",
        workParent: join(folder, "work"),
        ...request,
      }),
      spec,
      {
        clock: systemClock,
        env: {},
        secret: secret ?? secretsOf(),
        stop: stop ?? new AbortController().signal,
        abort: abort ?? new AbortController().signal,
        userValues,
        emit(event) {
          events.push(event);
          onEvent?.(event);
        },
      },
    );
    deepStrictEqual([...Deno.readDirSync(join(folder, "work"))], [], "the work folder is gone");
    const files = new Map<string, string>();
    if (report.archive !== undefined) {
      new Deno.Command("tar", { args: ["xzf", report.archive.path, "-C", folder] }).outputSync();
      for await (const [path, text] of walk(join(folder, "out"), "")) files.set(path, text);
    }
    const manifest = JSON.parse(files.get("MANIFEST.json") ?? "{}");
    await check({ report, manifest, events, files, folder });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function* walk(folder: string, prefix: string): AsyncGenerator<[string, string]> {
  for await (const { name, isDirectory } of Deno.readDir(join(folder, prefix))) {
    const path = prefix === "" ? name : `${prefix}/${name}`;
    if (isDirectory) yield* walk(folder, path);
    else yield [path, await Deno.readTextFile(join(folder, path))];
  }
}

export const missingOf = (manifest: Manifest, path: string) => manifest.missing.find((record) => record.path === path);
