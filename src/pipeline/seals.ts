import type { ReadSecret } from "../core/credential_reference.ts";
import { describeError, SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import type { Encryption } from "../crypt/encryption.ts";
import type { Signer } from "../crypt/signature.ts";
import type { WrittenArchive } from "../bundle/archive.ts";
import { partPath } from "../bundle/part_path.ts";
import type { PipelineRequest } from "./request.ts";

/** What the archive of a run is encrypted and signed with. */
export interface Seals {
  encryption?: Encryption;
  signer?: Signer;
  /** Must not be in the archive: passphrase and key, the key line by line. */
  secrets: string[];
}

/** Shorter lines are no secret, and neither are those that say what follows. */
const NO_SECRET = /^.{0,11}$|^-----|^untrusted comment:/;

/** Reads recipients and keys, so that what cannot be used is found before anything is collected.
 * @throws {UsageError} for what cannot be encrypted to
 * @throws {CredentialError} for a key or a passphrase that is not there, or cannot be used */
export async function prepareSeals(
  { encrypt, sign }: Pick<PipelineRequest, "encrypt" | "sign">,
  secret: ReadSecret,
): Promise<Seals> {
  const seals: Seals = { secrets: [] };
  const read: ReadSecret = async (reference) => {
    const text = await secret(reference);
    seals.secrets.push(...text.split(/\r?\n/).filter((line) => !NO_SECRET.test(line)));
    return text;
  };
  if (encrypt !== undefined) {
    const { Encryption } = await import("../crypt/encryption.ts");
    seals.encryption = await Encryption.prepare(encrypt, read);
  }
  if (sign !== undefined) {
    const { openSigner } = await import("../crypt/open_signer.ts");
    seals.signer = await openSigner(sign, read);
  }
  return seals;
}

/** Reads an archive back as whoever gets it will have it, encrypted or not. */
export async function* readBack(
  archive: AsyncIterable<Uint8Array>,
  { encryption }: Pick<Seals, "encryption">,
): AsyncGenerator<Uint8Array> {
  yield* encryption === undefined ? archive : await encryption.reopen(ReadableStream.from(archive));
}

/** Writes the signature beside the archive, for its owner only. One that is there, of an earlier attempt, is replaced.
 * @returns the archive, with its signature as a companion */
export async function signArchive(archive: WrittenArchive, signer: Signer, now: Date): Promise<WrittenArchive> {
  const path = `${archive.path}${signer.suffix}`;
  try {
    await Deno.writeTextFile(partPath(path), await signer.sign(archive, now), { mode: 0o600 });
    await Deno.rename(partPath(path), path);
  } catch (cause) {
    await Deno.remove(partPath(path)).catch(() => {});
    throw new SupportBundleError(`Cannot sign the archive "${archive.path}": ${describeError(cause)}`, {
      cause,
      code: "SIGN",
      exitCode: EXIT.disk,
      hint: "The archive is whole, and not signed: sign it with ssh-keygen -Y sign or minisign -S, or run again",
    });
  }
  return { ...archive, companions: [...archive.companions ?? [], path] };
}
