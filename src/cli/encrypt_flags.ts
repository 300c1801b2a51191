import { validateCredentialReference } from "../core/credential_reference.ts";
import { UsageError } from "../core/errors.ts";
import { refuseBoth } from "../crypt/encryption.ts";
import { recipientSource } from "../crypt/recipients.ts";
import type { PipelineRequest } from "../pipeline/request.ts";
import type { CliContext } from "./cli_context.ts";
import type { EncryptFlags } from "./encrypt_options.ts";

/** What the flags ask for.
 * @throws {UsageError} that repeats nothing that may be a secret */
export function readEncryptFlags(
  cli: Pick<CliContext, "cwd">,
  { encryptTo = [], encryptPassphrase, sign }: EncryptFlags,
): Pick<PipelineRequest, "encrypt" | "sign"> {
  const recipients = encryptTo.map((text) => recipientSource(text, cli.cwd));
  // Empty ones come from variables that are set to nothing.
  const passphrase = encryptPassphrase || undefined;
  refuseBoth(recipients, passphrase);
  if (passphrase !== undefined) checkReference("--encrypt-passphrase", passphrase);
  if (sign) checkReference("--sign", sign);
  return {
    encrypt: recipients.length > 0 || passphrase !== undefined ? { recipients, passphrase } : undefined,
    sign: sign || undefined,
  };
}

/** @throws {UsageError} for what is no credential reference, naming the flag */
export function checkReference(flag: string, reference: string): void {
  try {
    validateCredentialReference(reference);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${flag}: ${error.message}`, error.hint);
  }
}
