import { posix } from "node:path";
import type { LocalFile, ResumeState } from "../uploader.ts";

/** What is kept of an unfinished upload. How much has arrived, the server knows best. */
export interface SftpState {
  version: 1;
  /** Path of the unfinished file at the server. */
  partial: string;
  /** Of the file that it is a part of. */
  sha256: string;
}

/** Where the unfinished file of a delivery is, and an earlier one that is of no use any more.
 *
 * An upload that can be gone on with has a name that the next process finds again. */
export async function partialOf(
  file: LocalFile,
  target: string,
  resume: ResumeState | undefined,
): Promise<{ partial: string; stale?: string }> {
  if (resume === undefined) return { partial: partialName(target, crypto.randomUUID()) };
  const partial = partialName(target, file.sha256.slice(0, 32));
  const kept = keptPartial(await resume.load().catch(() => undefined), target);
  return { partial, stale: kept === partial ? undefined : kept };
}

function partialName(target: string, mark: string): string {
  return posix.join(posix.dirname(target), `.${posix.basename(target)}.${mark}.partial`);
}

/** Of the same file alone: a damaged state leads to no other one. */
function keptPartial(state: unknown, target: string): string | undefined {
  const { version, partial, sha256 } = (state ?? {}) as Partial<SftpState>;
  if (version !== 1 || typeof partial !== "string" || typeof sha256 !== "string") return undefined;
  return /^[0-9a-f]{64}$/.test(sha256) && partial === partialName(target, sha256.slice(0, 32)) ? partial : undefined;
}
