import { UsageError } from "../core/errors.ts";

/** The facts of `--metadata key=value`. A value may hold commas: each fact has a flag of its own.
 * @throws {UsageError} */
export function metadataOf(facts: readonly string[]): Record<string, string> {
  return Object.fromEntries(facts.map((fact) => {
    const at = fact.indexOf("=");
    if (at < 1) throw new UsageError(`--metadata: "${fact}" is not key=value`, "Write key=value");
    return [fact.slice(0, at), fact.slice(at + 1)];
  }));
}
