import { isCredentialReference, type ReadSecret } from "../core/credential_reference.ts";
import { abortable } from "../core/abortable.ts";
import type { KnownValues } from "../redact/values/known_values.ts";
import { SecretValues } from "../redact/values/secret_values.ts";
import type { PipelineRequest } from "./request.ts";

/** Reads the secrets that a run uses for itself, and adds them to the values that are hidden wherever they appear: a
 * collector may come upon the file or the variable where one is. What cannot be read now is told of where it is used. */
export async function readOwnSecrets(
  request: PipelineRequest,
  values: KnownValues,
  secret: ReadSecret,
  signal: AbortSignal,
): Promise<void> {
  const references = new Set([
    ...referencesAt(request, ["credentials", "secret", "passphrase", "sign"]),
    ...referencesAt(request.notify, ["url"]), // one that is its own password
  ]);
  const found = new SecretValues();
  await Promise.all([...references].map(async (reference) => {
    const text = await abortable(secret(reference), signal).catch(() => undefined);
    if (text === undefined) return;
    found.addText(text, "named");
    if (/^https?:\/\/[^/]+\/\S+$/.test(text)) values.addText(text, "secret-value");
  }));
  found.addTo(values);
}

/** What is a reference in fields of these names, however deep they are. */
function referencesAt(record: unknown, fields: readonly string[]): string[] {
  if (typeof record !== "object" || record === null) return [];
  return Object.entries(record).flatMap(([name, value]) =>
    typeof value !== "string"
      ? referencesAt(value, fields)
      : fields.includes(name) && isCredentialReference(value)
      ? [value]
      : []
  );
}
