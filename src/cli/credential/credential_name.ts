import { VAULT_NAME } from "../../core/credential_reference.ts";
import { UsageError } from "../../core/errors.ts";

/** Reads the arguments of a command that takes the name of a credential alone; `vault:NAME` is as good.
 * @throws {UsageError} that repeats none of them: one may be a value */
export function credentialName(args: readonly string[]): string {
  if (args.length > 1) {
    throw new UsageError(
      "The value of a credential is no argument: others see it in the list of processes, and it stays in the shell's history",
      "Take another value if this one was real. Type it when it is asked for, or use --from-file FILE, or a pipe",
    );
  }
  const name = (args[0] ?? "").replace(/^vault:/, "");
  if (VAULT_NAME.test(name)) return name;
  throw new UsageError(
    "That cannot be the name of a credential",
    "A name has up to 100 letters, digits, dots, dashes and underscores, and begins with a letter or a digit",
  );
}
