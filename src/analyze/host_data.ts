import { bundlePath } from "../bundle/bundle_path.ts";
import type { BundleReader } from "../bundle/bundle_reader.ts";
import type { AnalyzerResult } from "./analyzer.ts";
import { isHidden } from "./hidden.ts";
import { fileMissing, notJudged } from "./outcome_engine.ts";
import { ParsedFiles } from "./parsed_files.ts";
import { isRecord } from "./stored_objects.ts";

const NODE_LIST = "host-collectors/system/node_list.json";

/** What a host collector wrote, and on which node; no node for the machine the tool ran on. */
export interface HostFile<Value = unknown> {
  node?: string;
  path: string;
  value: Value;
}

/** A file that holds an object. */
export type HostData = HostFile<Record<string, unknown>>;

type Results = AnalyzerResult | Iterable<AnalyzerResult>;

export interface JudgeHostFileOptions {
  /** Of text, not of JSON. */
  asText?: boolean;
  /** What to say when the file is not there. */
  missing?(path: string): AnalyzerResult;
}

/** Judges what a host collector wrote on this machine or, when the bundle does not have that, on each node of
 * `node_list.json`. A file that is missing is a result too, and a node whose file is unreadable does not hide the others.
 * @param path below `host-collectors/`: `system/cpu.json`
 * @param title of the analyzer; nodes are added to it */
export async function* judgeHostFile(
  bundle: BundleReader,
  path: string,
  title: string,
  judge: (file: HostFile) => Results,
  { asText = false, missing = fileMissing }: JudgeHostFileOptions = {},
): AsyncIterable<AnalyzerResult> {
  const files = ParsedFiles.of(bundle);
  const read = asText ? (path: string) => textFile(files, path) : (path: string) => files.json(path);
  const localPath = bundlePath("host-collectors", path);
  const local = await read(localPath);
  if (local !== undefined) {
    yield* each(judge({ path: localPath, value: local }));
    return;
  }
  const nodes = await nodeNames(files);
  if (nodes.length === 0) yield missing(localPath);
  for (const node of nodes) {
    const more = { title: `${title} - Node ${node}` };
    try {
      const file = await nodeFile(path, node, read);
      const results = file.value === undefined ? missing(file.path) : judge(file);
      for (const result of each(results)) yield { ...more, ...result };
    } catch (error) {
      yield notJudged(error, more);
    }
  }
}

/** {@linkcode judgeHostFile} for a file that holds an object. */
export function judgeHostData(
  bundle: BundleReader,
  path: string,
  title: string,
  judge: (data: HostData) => Results,
): AsyncIterable<AnalyzerResult> {
  return judgeHostFile(bundle, path, title, (file) => judge(objectIn(file)));
}

/** The file of a node. Its value is undefined when it is in neither place. */
async function nodeFile(path: string, node: string, read: (path: string) => Promise<unknown>): Promise<HostFile> {
  const [folder, file] = [path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1)];
  // Readers have always looked into the first; collectors on nodes write the second.
  const first = bundlePath("host-collectors", folder, node, file);
  for (const candidate of [first, bundlePath("host-collectors", node, path)]) {
    const value = await read(candidate);
    if (value !== undefined) return { node, path: candidate, value };
  }
  return { node, path: first, value: undefined };
}

async function textFile(files: ParsedFiles, path: string): Promise<string | undefined> {
  return (await files.readText(path))?.trim() || undefined;
}

async function nodeNames(files: ParsedFiles): Promise<string[]> {
  const list = await files.json(NODE_LIST);
  const nodes = isRecord(list) && Array.isArray(list.nodes) ? list.nodes : [];
  return nodes.filter((node): node is string => typeof node === "string" && /^[^/\\]+$/.test(node) && node !== "..");
}

function each(results: Results): Iterable<AnalyzerResult> {
  return Symbol.iterator in results ? results : [results];
}

/** @throws when the file does not hold an object */
export function objectIn({ value, ...file }: HostFile): HostData {
  if (!isRecord(value)) throw new Error(`${file.path} of the bundle does not hold a JSON object`);
  return { ...file, value };
}

/** The objects of a list; none for `null`, which collectors write for an empty one.
 * @throws when it is no list of objects */
export function listIn({ value, path, node }: HostFile, field?: string): HostData[] {
  if (value === null) return [];
  const where = field === undefined ? `${path} of the bundle` : `"${field}" in ${path} of the bundle`;
  if (!Array.isArray(value) || !value.every(isRecord)) throw new Error(`${where} does not hold a list of JSON objects`);
  return value.map((item) => ({ node, path, value: item }));
}

/** A number of the data.
 * @throws when it is not there */
export function numberOf({ value, path }: HostData, field: string): number {
  const number = value[field];
  if (typeof number === "number") return number;
  throw new Error(`${path} of the bundle has no number "${field}"${hiddenNote(number)}`);
}

/** A text of the data, empty when it is not there.
 * @throws when redaction has hidden it */
export function textOf({ value, path }: HostData, field: string): string {
  const text = value[field];
  if (typeof text !== "string") return "";
  if (isHidden(text)) throw new Error(`${path} of the bundle has no "${field}"${hiddenNote(text)}`);
  return text;
}

/** A yes or no of the data.
 * @throws when it is not there */
export function flagOf({ value, path }: HostData, field: string): boolean {
  const flag = value[field];
  if (typeof flag === "boolean") return flag;
  throw new Error(`${path} of the bundle has neither true nor false as "${field}"${hiddenNote(flag)}`);
}

function hiddenNote(value: unknown): string {
  return typeof value === "string" && isHidden(value) ? ": redaction has hidden it" : "";
}
