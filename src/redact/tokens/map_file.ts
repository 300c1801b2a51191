import { dirname } from "node:path";
import { describeError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import { writePrivateFile } from "../../core/private_file.ts";
import { RedactionMapError } from "./map_error.ts";
import { decryptWith, type MapKeys, wantsPassphrase } from "./map_lock.ts";
import { type RedactionMap, redactionMapSchema, tokenValuesSchema } from "./redaction_map.ts";

/** Makes sure that a map may be written there, before anything is collected.
 * @throws {RedactionMapError} */
export async function checkMapPath(path: string): Promise<void> {
  const folder = await Deno.stat(dirname(path)).catch(() => undefined);
  if (!folder?.isDirectory) {
    throw new RedactionMapError(
      `Cannot write the redaction map: the folder "${dirname(path)}" does not exist`,
      "Make it first, or name another one",
    );
  }
  const found = await Deno.lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isFile) {
    throw new RedactionMapError(
      `Cannot write the redaction map: "${path}" is there, and it is not a file`,
      "Name a file, not a folder or a link",
    );
  }
  if (Deno.build.os !== "windows" && found.mode !== null && (found.mode & 0o077) !== 0) {
    throw new RedactionMapError(
      `Cannot write the redaction map: "${path}" is there, and its group or others may access it`,
      `Name another file, or run: chmod 600 "${path}"`,
    );
  }
}

/** Writes a map, readable by its owner only, whole or not at all.
 * @param encrypt for its values; they are in the file as they are without it
 * @throws {RedactionMapError} */
export async function writeMap(
  path: string,
  map: RedactionMap & { tokens: Record<string, string> },
  encrypt: ((text: string) => Promise<string>) | undefined,
): Promise<void> {
  await checkMapPath(path);
  const written: RedactionMap = encrypt === undefined
    ? map
    : { ...map, tokens: await encrypt(JSON.stringify(map.tokens, null, 2)), isEncrypted: true };
  try {
    await writePrivateFile(path, JSON.stringify(written, null, 2) + "\n");
  } catch (cause) {
    throw new RedactionMapError(
      `Cannot write the redaction map "${path}": ${describeError(cause)}`,
      "Nothing leads from the tokens of this bundle back to their values. Make room, or name another folder, and run again",
      { cause, exitCode: EXIT.disk },
    );
  }
}

/** What was read of a map. */
export interface OpenMap {
  /** Values by token. */
  values: Map<string, string>;
  /** Paths of files by token. */
  files: Record<string, string[]>;
  bundleId: string;
}

const MAX_BYTES = 512 << 20;

/** Reads a map.
 * @param keys asked for when it is encrypted: whether a passphrase opens it, or an identity
 * @throws {RedactionMapError} */
export async function readMap(
  path: string,
  keys: (kind: "passphrase" | "identity") => Promise<MapKeys>,
): Promise<OpenMap> {
  const { tokens, secretRefs, bundleId, isEncrypted } = await parseMap(path);
  if (typeof tokens !== "string") {
    if (isEncrypted) {
      throw new RedactionMapError(
        `The map "${path}" was encrypted by Troubleshoot with a key that nobody has`,
        "Its values are lost: collect again",
      );
    }
    return { values: new Map(Object.entries(tokens)), files: secretRefs, bundleId };
  }
  const kind = await wantsPassphrase(tokens) ? "passphrase" : "identity";
  const text = await decryptWith(tokens, await keys(kind));
  const values = tokenValuesSchema.safeParse(tryJson(text));
  if (!values.success) throw notAMap(path);
  return { values: new Map(Object.entries(values.data)), files: secretRefs, bundleId };
}

async function parseMap(path: string) {
  let text: string;
  try {
    const { size } = await Deno.stat(path);
    if (size > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
    text = await Deno.readTextFile(path);
  } catch (cause) {
    throw new RedactionMapError(`Cannot read the redaction map "${path}": ${describeError(cause)}`, "Check the path", {
      cause,
    });
  }
  const map = redactionMapSchema.safeParse(tryJson(text));
  if (!map.success) throw notAMap(path);
  return map.data;
}

function notAMap(path: string): RedactionMapError {
  return new RedactionMapError(`"${path}" is not a redaction map`, "Name the file that --redaction-map has written");
}

/** @returns undefined for what is no JSON; the parser's message would repeat parts of it */
function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
