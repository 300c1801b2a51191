import { bundlePath } from "../bundle/bundle_path.ts";
import type { BundleReader } from "../bundle/bundle_reader.ts";
import { type AnalyzerResult, type Outcomes, outcomesField, textField } from "./analyzer.ts";
import { isRecord } from "./stored_objects.ts";
import { fileMissing, readOutcomes, toResult, type Verdict } from "./outcome_engine.ts";
import { ParsedFiles } from "./parsed_files.ts";

/** The engine without conditions: what is there passes with the last `pass` outcome, what is not fails with the last
 * `fail` outcome. `when` and `warn` play no role.
 * @param about names the thing in the messages that stand in for missing outcomes: `Secret "db"`; or these messages */
export function presence(
  outcomes: Outcomes | undefined,
  found: boolean,
  about: string | { found: string; missing: string },
  more: Omit<AnalyzerResult, "outcome" | "uri"> = {},
): AnalyzerResult {
  const status: Verdict = found ? "pass" : "fail";
  const chosen = readOutcomes(outcomes, () => () => true).findLast((outcome) => outcome.status === status);
  const texts = typeof about === "string" ? { found: `${about} was found`, missing: `${about} was not found` } : about;
  const message = chosen?.message || (found ? texts.found : texts.missing);
  return toResult({ status, message, uri: chosen?.uri }, more);
}

/** Reads outcomes whose conditions play no role.
 * @throws {SpecConditionError} for an entry that is none */
export function validatePresence(outcomes: Outcomes | undefined): void {
  readOutcomes(outcomes, () => () => true);
}

/** The fields of `secret` and `configMap`, but the name. */
export function keyedObjectFields() {
  return {
    namespace: textField().describe("Namespace of the object, as its collector has it"),
    key: textField().describe("Key that must be in its data"),
    outcomes: outcomesField().describe("What is said when it is there (pass), and when not (fail)"),
  };
}

/** Judges whether a Secret or ConfigMap, and a key of it, exists, from what its collector has written.
 * @param folder `secrets` or `configmaps` */
export async function* keyedObjectPresence(
  config: { name: string; namespace?: string; key?: string; outcomes?: Outcomes },
  folder: string,
  label: string,
  bundle: BundleReader,
): AsyncIterable<AnalyzerResult> {
  const { name, namespace = "", key = "" } = config;
  const files = ParsedFiles.of(bundle);
  const path = keyedObjectPath(folder, config);
  // A collector that includes all data keeps the key out of the file's name.
  const wholePath = keyedObjectPath(folder, { name, namespace });
  for (const candidate of new Set([path, wholePath])) {
    const file = await files.json(candidate);
    if (file === undefined) continue;
    if (!isRecord(file)) throw new Error(`${candidate} of the bundle does not say whether ${label} "${name}" exists`);
    const exists = file.secretExists === true || file.configMapExists === true;
    const data = isRecord(file.data) ? file.data : undefined;
    if (candidate !== path && exists && data === undefined) continue;
    const hasKey = key === "" || (file.keyExists === true && file.key === key) || Object.hasOwn(data ?? {}, key);
    const object = `${label} "${namespace === "" ? name : `${namespace}/${name}`}"`;
    const about = exists && !hasKey ? `Key "${key}" of ${object}` : object;
    yield presence(config.outcomes, exists && hasKey, about, { evidence: [{ path: candidate }] });
    return;
  }
  yield fileMissing(path);
}

/** @throws {UnsafePathError} when a name would lead out of the bundle */
export function keyedObjectPath(
  folder: string,
  { name, namespace = "", key = "" }: { name: string; namespace?: string; key?: string },
): string {
  return bundlePath(folder, namespace, key === "" ? `${name}.json` : `${name}/${key}.json`);
}
