import { bundlePath } from "../bundle/bundle_path.ts";
import type { BundleReader } from "../bundle/bundle_reader.ts";
import type { AnalyzerResult } from "./analyzer.ts";
import { isRecord } from "./stored_objects.ts";
import { fileMissing } from "./outcome_engine.ts";
import { ParsedFiles } from "./parsed_files.ts";

const NODE_LIST = "host-collectors/system/node_list.json";

/** What a host collector wrote, and on which node; no node for the machine the tool ran on. */
export interface HostData {
  node?: string;
  path: string;
  value: Record<string, unknown>;
}

/** Judges what a host collector wrote on this machine or, when the bundle does not have that, on each node of
 * `node_list.json`. A file that is missing is a result too.
 * @param path below `host-collectors/`: `system/cpu.json`
 * @param title of the analyzer; nodes are added to it */
export async function* judgeHostData(
  bundle: BundleReader,
  path: string,
  title: string,
  judge: (data: HostData) => AnalyzerResult,
): AsyncIterable<AnalyzerResult> {
  const files = ParsedFiles.of(bundle);
  const localPath = bundlePath("host-collectors", path);
  const local = await files.json(localPath);
  if (local !== undefined) {
    yield judge({ path: localPath, value: record(local, localPath) });
    return;
  }
  const nodes = await nodeNames(files);
  if (nodes.length === 0) yield fileMissing(localPath);
  for (const node of nodes) {
    const [folder, file] = [path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1)];
    const more = { title: `${title} - Node ${node}` };
    // Readers have always looked into the first; collectors on nodes write the second.
    const candidates = [
      bundlePath("host-collectors", folder, node, file),
      bundlePath("host-collectors", node, path),
    ];
    let result: AnalyzerResult | undefined;
    for (const candidate of candidates) {
      const value = await files.json(candidate);
      if (value === undefined) continue;
      result = { ...more, ...judge({ node, path: candidate, value: record(value, candidate) }) };
      break;
    }
    yield result ?? fileMissing(candidates[0]!, more);
  }
}

async function nodeNames(files: ParsedFiles): Promise<string[]> {
  const list = await files.json(NODE_LIST);
  const nodes = isRecord(list) && Array.isArray(list.nodes) ? list.nodes : [];
  return nodes.filter((node): node is string => typeof node === "string" && /^[^/\\]+$/.test(node) && node !== "..");
}

function record(value: unknown, path: string): Record<string, unknown> {
  if (!isRecord(value)) throw new Error(`${path} of the bundle does not hold a JSON object`);
  return value;
}

/** A number of the data.
 * @throws when it is not there */
export function numberOf({ value, path }: HostData, field: string): number {
  const number = value[field];
  if (typeof number !== "number") throw new Error(`${path} of the bundle has no number "${field}"`);
  return number;
}

/** A text of the data, empty when it is not there. */
export function textOf({ value }: HostData, field: string): string {
  return typeof value[field] === "string" ? value[field] : "";
}
