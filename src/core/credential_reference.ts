import { isAbsolute } from "node:path";
import { SupportBundleError, UsageError } from "./errors.ts";

/** Names a secret without holding it: `env:NAME` or `file:/path`. */
export type CredentialReference = { scheme: "env"; name: string } | { scheme: "file"; path: string };

/** A reference that names nothing, or something that may not be used. No message holds a value. */
export class CredentialError extends SupportBundleError {
  constructor(message: string, hint: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: "CREDENTIAL", hint });
  }
}

/** Reads the secret that a reference names.
 * @throws {CredentialError} when there is none
 * @throws {UsageError} when it is no reference */
export type ReadSecret = (reference: string) => Promise<string>;

const FORMS = "Write env:NAME for an environment variable, or file:/path for a file that only its owner may read";
const PLANNED = new Set(["exec", "systemd", "k8s-secret", "vault"]);
const MAX_BYTES = 64 * 1024;

/** Refuses what is no reference, such as the secret itself. Nothing is looked up.
 * @throws {UsageError} that does not repeat the text: it may be a secret */
export function validateCredentialReference(reference: string): void {
  parseCredentialReference(reference);
}

/** @throws {UsageError} as {@linkcode validateCredentialReference} */
export function parseCredentialReference(reference: string): CredentialReference {
  const colon = reference.indexOf(":");
  const scheme = reference.slice(0, Math.max(colon, 0));
  const rest = reference.slice(colon + 1);
  if (scheme === "env") {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(rest)) return { scheme, name: rest };
    throw new UsageError("The credentials begin with env:, but no name of a variable follows", FORMS);
  }
  if (scheme === "file") {
    const path = rest.replace(/^\/\/(?=\/)/, "");
    if (isAbsolute(path) && !path.includes("\0")) return { scheme, path };
    throw new UsageError("The credentials begin with file:, but no absolute path follows", FORMS);
  }
  if (PLANNED.has(scheme)) {
    throw new UsageError(`Credential references with ${scheme}: are not in this version`, FORMS);
  }
  throw new UsageError("The credentials are not a reference (they are not repeated here: they may be a secret)", FORMS);
}

/** Looks the secret up. Line ends at its end are no part of it.
 * @throws {CredentialError} when there is none, or when others could read its file too
 * @throws {UsageError} when it is no reference */
export async function resolveCredential(
  reference: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const parsed = parseCredentialReference(reference);
  const value = parsed.scheme === "env" ? fromEnv(parsed.name, env) : await fromFile(parsed.path);
  return value.replace(/[\r\n]+$/, "");
}

function fromEnv(name: string, env: Readonly<Record<string, string | undefined>>): string {
  const value = env[name];
  if (value === undefined || value === "") {
    throw new CredentialError(
      `The credentials are said to be in the environment variable ${name}, which is not set`,
      `Set ${name} where this program runs: for scheduled jobs, in the daemon's environment`,
    );
  }
  return value;
}

async function fromFile(path: string): Promise<string> {
  const unreadable = (why: string, hint: string, cause?: unknown) =>
    new CredentialError(`The credentials are said to be in the file "${path}", ${why}`, hint, { cause });
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
    if (Deno.build.os !== "windows" && info.mode !== null && (info.mode & 0o077) !== 0) {
      throw unreadable("which its group or others may access", `Run: chmod 600 "${path}"`);
    }
    if (info.size > MAX_BYTES) throw unreadable(`which is larger than ${MAX_BYTES} bytes`, "Name the right file");
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
