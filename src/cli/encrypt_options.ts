import type { Command } from "commander";
import { collect } from "./command.ts";

/** The flags of encryption and signatures, as commander leaves them. */
export interface EncryptFlags {
  encryptTo?: string[];
  encryptPassphrase?: string;
  sign?: string;
}

/** Adds the flags that say who can open a bundle, and who vouches for it. */
export function addEncryptOptions(command: Command): Command {
  return command
    .option(
      "--encrypt-to <recipient>",
      "encrypt the bundle with age, to an age1… recipient, an SSH public key, or those in a file (repeatable)",
      collect,
    )
    .option("--encrypt-passphrase <ref>", "or with a passphrase: env:NAME or file:/path")
    .option("--sign <ref>", "sign the bundle with this private key, of SSH or minisign: env:NAME or file:/path");
}
