import { CredentialError } from "../core/credential_reference.ts";

export const MAX_SECRET_BYTES = 64 * 1024;

/** Reads a file that is a secret.
 * @param named how a message names it: `the file "/path"`
 * @param access `owner`: refused when its group or others may access it; `any`: its folder is guarded by somebody else
 * @throws {CredentialError} */
export async function readSecretFile(path: string, named: string, access: "owner" | "any" = "owner"): Promise<string> {
  const unreadable = (why: string, hint: string, cause?: unknown) =>
    new CredentialError(`The credentials are said to be in ${named}, ${why}`, hint, { cause });
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "which does not exist" : "which cannot be read";
    throw unreadable(why, "Check the path, and the account this program runs as", error);
  }
  try {
    // Of the file that is open, not of what the path may name a moment later.
    const info = await file.stat();
    if (!info.isFile) throw unreadable("which is not a file", "Name a file");
    const open = Deno.build.os !== "windows" && info.mode !== null && (info.mode & 0o077) !== 0;
    if (open && access === "owner") {
      throw unreadable("which its group or others may access", `Run: chmod 600 "${path}"`);
    }
    if (info.size > MAX_SECRET_BYTES) {
      throw unreadable(`which is larger than ${MAX_SECRET_BYTES} bytes`, "Name the right file");
    }
    const text = await new Response(file.readable).text();
    if (text.trim() === "") throw unreadable("which is empty", "Write the secret into it");
    return text;
  } finally {
    try {
      file.close();
    } catch {
      // Reading to the end has closed it.
    }
  }
}
