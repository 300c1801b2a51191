import { readFile } from "node:fs/promises";

/** The text of os-release; empty where there is none. */
export async function readOsRelease(): Promise<string> {
  const read = (path: string) => readFile(path, "utf8").catch(() => undefined);
  return await read("/etc/os-release") ?? await read("/usr/lib/os-release") ?? "";
}

/** Reads lines `KEY=value`, quoted as a shell takes them. */
export function parseOsRelease(text: string): Map<string, string> {
  const release = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^\s*([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(.*?))\s*$/.exec(line);
    if (match) release.set(match[1]!, match[2] ?? match[3] ?? match[4] ?? "");
  }
  return release;
}
