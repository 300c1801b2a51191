import { stripVTControlCharacters } from "node:util";
import { bundlePath, UnsafePathError } from "../bundle/bundle_path.ts";
import type { ClusterFiles } from "./cluster_files.ts";

const LINES = 5;
const MAX_LINE = 300;
/** Of a file's end; the last lines of a log are not longer. */
const MAX_TAIL_BYTES = 64 * 1024;
const LF = 10;

/** The end of a container's log, as it is in the bundle: redacted. */
export interface LogTail {
  path: string;
  /** Number of the first of these lines in the file, from 1. */
  firstLine: number;
  lines: string[];
}

/** The last lines that a container wrote before it ended: of its previous run, or of this one where there is no other.
 * @returns undefined when the bundle has no log of it */
export async function logTail(
  cluster: ClusterFiles,
  { namespace, name }: { namespace: string; name: string },
  container: string,
): Promise<LogTail | undefined> {
  for (const file of [`${container}-previous.log`, `${container}.log`]) {
    let path: string;
    try {
      path = bundlePath("cluster-resources/pods/logs", namespace, name, file);
    } catch (error) {
      if (error instanceof UnsafePathError) return undefined;
      throw error;
    }
    const bytes = await cluster.read(path);
    const tail = bytes === undefined ? undefined : lastLines(bytes);
    if (tail !== undefined) return { path, ...tail };
  }
  return undefined;
}

function lastLines(bytes: Uint8Array): Omit<LogTail, "path"> | undefined {
  const start = Math.max(0, bytes.length - MAX_TAIL_BYTES);
  const lines = new TextDecoder().decode(bytes.subarray(start)).split("\n");
  let number = 1;
  for (let at = bytes.indexOf(LF); at >= 0 && at < start; at = bytes.indexOf(LF, at + 1)) number++;
  const numbered = lines.map((text, index) => ({ text: plain(text), line: number + index }))
    .filter(({ text }) => text.trim() !== "").slice(-LINES);
  if (numbered.length === 0) return undefined;
  return {
    firstLine: numbered[0]!.line,
    lines: numbered.map(({ text }) => text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text),
  };
}

/** Without colours and other marks that steer a terminal. */
function plain(line: string): string {
  return stripVTControlCharacters(line).replaceAll("\t", " ").replace(/\p{Cc}/gu, "").trimEnd();
}

/** For a message: each line on one of its own. */
export function tailText(tail: LogTail | undefined): string {
  return tail === undefined ? "" : `\nLast lines of ${tail.path}:\n${tail.lines.map((line) => `  ${line}`).join("\n")}`;
}
