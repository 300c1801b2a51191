import type { Command } from "commander";
import { formatSize, parseSize } from "../core/size.ts";
import { DEFAULT_SIZE_LIMITS, type SizeLimits } from "../pipeline/size_budget.ts";

const FLAGS: [key: keyof SizeLimits, flag: string, name: keyof SizeFlags, what: string][] = [
  ["file", "--max-file-size", "maxFileSize", "cut longer files there, logs in their middle"],
  ["collector", "--max-collector-size", "maxCollectorSize", "end a collector whose files reach this"],
  ["bundle", "--max-bundle-size", "maxBundleSize", "collect no more when the files reach this, unpacked"],
];

/** As commander leaves them. */
export interface SizeFlags {
  maxFileSize?: string;
  maxCollectorSize?: string;
  maxBundleSize?: string;
}

/** The flags that bound what a run writes. */
export function addSizeFlags(command: Command): Command {
  for (const [key, flag, , what] of FLAGS) {
    command.option(`${flag} <size>`, `${what}; 0: no limit (default: ${formatSize(DEFAULT_SIZE_LIMITS[key])})`);
  }
  return command;
}

/** The limits that flags name; others are absent.
 * @throws {UsageError} for what is no size */
export function readSizeFlags(flags: SizeFlags): Partial<SizeLimits> {
  return Object.fromEntries(FLAGS.flatMap(([key, flag, name]) => {
    const text = flags[name];
    return text === undefined ? [] : [[key, parseSize(text, flag)]];
  }));
}
