import { systemClock } from "../src/core/clock.ts";
import type { ReadSecret } from "../src/core/credential_reference.ts";
import { secretReader } from "../src/credentials/secret_reader.ts";

/** Reads secrets of these variables, and of files; there is no vault. */
export function secretsOf(env: Readonly<Record<string, string | undefined>> = {}): ReadSecret {
  return secretReader({ env, clock: systemClock, vaultFolder: "/nowhere" });
}
