import type { CollectContext, Collector } from "../../../../src/collect/collector.ts";
import { collectContext } from "../../collect_all.ts";

/** A collector of whatever config: its own schema checks what a test gives it. */
// deno-lint-ignore no-explicit-any -- tables hold kinds of different configs
export type AnyCollector = Collector<any>;

/** What a collector wrote before it ended, and what it threw at its end. */
export async function collectUntilFailure(
  collector: AnyCollector,
  config: unknown,
  context: Partial<CollectContext> = {},
): Promise<{ files: Record<string, string>; error?: unknown }> {
  const files: Record<string, string> = {};
  try {
    for await (const entry of collector.collect(collector.schema.parse(config), collectContext(context))) {
      if (entry.type === "file") files[entry.path] = new TextDecoder().decode(entry.bytes);
    }
  } catch (error) {
    return { files, error };
  }
  return { files };
}
