import { CredentialError, parseCredentialReference, type ReadSecret } from "../core/credential_reference.ts";
import type { CredentialSource, SourceContext } from "./credential_source.ts";
import { credentialSources } from "./registry.ts";

/** Reads secrets where their references lead, anew each time: what was changed there counts from then on. */
export function secretReader(context: SourceContext): ReadSecret {
  return async (reference) => {
    const parsed = parseCredentialReference(reference);
    const source = credentialSources[parsed.scheme] as CredentialSource;
    const value = (await source.read(parsed, context)).replace(/[\r\n]+$/, "");
    if (value.trim() !== "") return value;
    throw new CredentialError(`There is nothing where ${parsed.scheme}: leads`, "Put the secret there");
  };
}
