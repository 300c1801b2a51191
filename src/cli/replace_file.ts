import { basename, dirname, join } from "node:path";
import { describeError, SupportBundleError } from "../core/errors.ts";

/** The byte order mark in UTF-8. */
const MARK = [0xef, 0xbb, 0xbf];

/** Replaces the text of a file in one step: whoever reads it sees the one or the other. Mode, links and a byte order mark stay.
 * @param before what the file is expected to hold
 * @throws {SupportBundleError} when it holds something else by now, or cannot be written */
export async function replaceFile(path: string, before: string, after: string): Promise<void> {
  let temporary: string | undefined;
  try {
    const real = await Deno.realPath(path);
    const { mode } = await Deno.stat(real);
    const bytes = await Deno.readFile(real);
    const marked = MARK.every((byte, index) => bytes[index] === byte);
    const held = new TextEncoder().encode(withoutMark(before));
    if (!equal(marked ? bytes.subarray(MARK.length) : bytes, held)) {
      throw new SupportBundleError(`"${path}" is not UTF-8, or was changed meanwhile; it was left as it is`, {
        code: "FILE_CHANGED",
        hint: "Run the command again",
      });
    }
    const text = (marked ? "\uFEFF" : "") + withoutMark(after);
    temporary = join(dirname(real), `.${basename(real)}.${crypto.randomUUID().slice(0, 8)}.tmp`);
    await Deno.writeTextFile(temporary, text, { createNew: true, ...(mode === null ? {} : { mode: mode & 0o777 }) });
    if (mode !== null && Deno.build.os !== "windows") await Deno.chmod(temporary, mode & 0o7777);
    await Deno.rename(temporary, real);
    temporary = undefined;
  } catch (cause) {
    if (cause instanceof SupportBundleError) throw cause;
    throw new SupportBundleError(`Cannot write "${path}": ${describeError(cause)}`, {
      code: "FILE_WRITE",
      hint: "Check that you may write the file and its folder",
      cause,
    });
  } finally {
    if (temporary !== undefined) await Deno.remove(temporary).catch(() => {});
  }
}

function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, "");
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
