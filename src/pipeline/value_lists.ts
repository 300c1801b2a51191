import { isAbsolute, resolve } from "node:path";
import { SupportBundleError, UsageError } from "../core/errors.ts";
import { formatSize } from "../core/size.ts";
import { isUserValue, MIN_USER_LENGTH } from "../redact/values/value_floor.ts";

const MAX_BYTES = 8 << 20;
const FORMS = "Write a file, env:NAME for an environment variable, or - for standard input";

/** A list of values that cannot be read. Nothing was collected: what it names would be in the bundle. */
export class ValueListError extends SupportBundleError {
  constructor(message: string, hint: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: "VALUE_LIST", hint });
  }
}

export interface ValueLists {
  /** Each is to be hidden wherever it appears. */
  values: string[];
  /** About lists that others may read, and values that are too short. No value is in them. */
  warnings: string[];
}

/** Where a list of values is, as `--scrub-values` names it, in a form that means the same in every folder: `-`,
 * `env:NAME`, `file:/path`.
 * @throws {UsageError} */
export function valueListReference(text: string, cwd: string): string {
  if (text === "-" || /^env:[A-Za-z_]\w*$/.test(text)) return text;
  const path = text.replace(/^file:(?:\/\/(?=\/))?/, "");
  if (path.trim() === "" || text.startsWith("env:")) {
    throw new UsageError("--scrub-values names neither a file nor a variable", FORMS);
  }
  return `file:${isAbsolute(path) ? path : resolve(cwd, path)}`;
}

/** Reads lists of values: each line that is not empty is one.
 * @param references of {@linkcode valueListReference}
 * @throws {ValueListError} */
export async function readValueLists(
  references: readonly string[],
  { env, stdin }: { env: Readonly<Record<string, string | undefined>>; stdin?: () => Promise<string> },
): Promise<ValueLists> {
  const values = new Set<string>();
  const warnings: string[] = [];
  for (const reference of new Set(references)) {
    const text = reference === "-"
      ? await stdin?.() ?? ""
      : reference.startsWith("env:")
      ? fromEnvironment(reference.slice("env:".length), env)
      : await fromFile(reference.slice("file:".length), warnings);
    for (const line of text.replace(/^\ufeff/, "").split(/\r\n|[\r\n]/)) if (line !== "") values.add(line);
  }
  const usable = [...values].filter(isUserValue);
  const short = values.size - usable.length;
  if (short > 0) {
    warnings.push(
      `${short} of ${values.size} values of --scrub-values were not scrubbed: a value needs ${MIN_USER_LENGTH} characters`,
    );
  }
  return { values: usable, warnings };
}

function fromEnvironment(name: string, env: Readonly<Record<string, string | undefined>>): string {
  const text = env[name];
  if (text !== undefined && text !== "") return text;
  throw new ValueListError(
    `The values to scrub are said to be in the environment variable ${name}, which is not set`,
    `Set ${name} where this program runs: for scheduled jobs, in the daemon's environment`,
  );
}

async function fromFile(path: string, warnings: string[]): Promise<string> {
  try {
    const { size, mode, isFile } = await Deno.stat(path);
    if (!isFile) throw new ValueListError(`The list of values to scrub, "${path}", is not a file`, "Name a file");
    if (size > MAX_BYTES) {
      const message = `The list of values to scrub, "${path}", is larger than ${formatSize(MAX_BYTES)}`;
      throw new ValueListError(message, "Name the values that are secret, one a line");
    }
    if (Deno.build.os !== "windows" && mode !== null && (mode & 0o044) !== 0) {
      warnings.push(`Others than its owner may read the values to scrub in "${path}"; run: chmod 600 "${path}"`);
    }
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof ValueListError) throw error;
    const why = error instanceof Deno.errors.NotFound ? "does not exist" : "cannot be read";
    const hint = "Check the path, and the account this program runs as";
    throw new ValueListError(`The list of values to scrub, "${path}", ${why}`, hint, { cause: error });
  }
}
