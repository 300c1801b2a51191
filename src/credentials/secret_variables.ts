import { referencesIn } from "../core/credential_reference.ts";
import { KEY_VARIABLES } from "./vault_key.ts";

/** The variables that are secrets for whoever works by this record: those that its references name, and the vault's key. */
export function secretVariables(record: unknown): Set<string> {
  return new Set([...referencesIn(record, "env"), ...KEY_VARIABLES]);
}
