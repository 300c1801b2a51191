import { VERSION } from "../core/version.ts";
import type { BundleFacts } from "./upload_plan.ts";

/** S3 takes 2 kB of names and values together, and uploaders add facts of their own. */
const MAX_BYTES = 1_500;

/** What travels with a bundle to its destination, in the form that headers of HTTP can carry: names of lower-case letters,
 * digits and dashes, values of printable ASCII, other characters percent-encoded. What would be too much is left out, the user's
 * own facts last.
 * @param host that the bundle was made on */
export function deliveryMetadata(facts: BundleFacts, host: string): Record<string, string> {
  const wanted: [string, string | undefined][] = [
    ["job", facts.job],
    ["execution", facts.execution],
    ["cluster", facts.cluster],
    ["host", host],
    ["started", facts.started],
    ["tool", `support-bundle ${VERSION}`],
    ...prefixed("label", facts.labels),
    ...prefixed("user", facts.metadata),
  ];
  const metadata: Record<string, string> = {};
  let left = MAX_BYTES;
  for (const [name, value] of wanted) {
    if (value === undefined || value === "" || name in metadata) continue;
    const text = asciiOnly(value);
    if (name.length + text.length > left) continue;
    left -= name.length + text.length;
    metadata[name] = text;
  }
  return metadata;
}

function prefixed(prefix: string, values: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(values).map(([name, value]) => {
    const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
    return [`${prefix}-${plain}`, value];
  });
}

function asciiOnly(text: string): string {
  return text.trim().replace(/[^\x20-\x7e]/gu, (character) => {
    try {
      return encodeURIComponent(character);
    } catch {
      return "?"; // half of a surrogate pair
    }
  });
}
