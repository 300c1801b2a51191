import { nameKind } from "../secret_name.ts";
import type { KnownValues } from "./known_values.ts";
import { secretParts, textOf, weightOf } from "./secret_parts.ts";
import { isDistinctive, type Weight } from "./value_floor.ts";

/** A Secret as the API gives it. */
export interface SecretObject {
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    ownerReferences?: { name: string }[];
  };
  /** Base64. */
  data?: Record<string, string> | null;
}

/** What is shorter, or more uniform, is in other files too. */
const MIN_BINARY_BYTES = 16;
const MIN_BINARY_DISTINCT = 8;
const CERTIFICATE_FILE = /\.(?:crt|cer|der|p7b)$/i;

/** Finds the values in Secrets that can be hidden wherever they appear. */
export class SecretValues {
  readonly #names = new Set<string>();
  readonly #texts = new Set<string>();
  readonly #binary: Uint8Array[] = [];

  add({ metadata, data }: SecretObject): void {
    const { name, namespace = "", labels = {}, ownerReferences = [] } = metadata;
    const names = [name, namespace, ...Object.entries(labels).flat(), ...ownerReferences.map(({ name }) => name)];
    for (const known of names) this.#names.add(known);
    // A Secret called `db-password` may have its value under the key `value`.
    const otherwise = nameKind(name) === "password" ? "named" : "entry";
    for (const [key, encoded] of Object.entries(data ?? {})) {
      this.#names.add(key);
      const bytes = decode(encoded);
      const text = textOf(bytes);
      if (text !== undefined) this.addText(text, weightOf(key, otherwise));
      else if (!CERTIFICATE_FILE.test(key) && isDistinctiveBinary(bytes)) this.#binary.push(bytes);
    }
  }

  /** @param weight what is known of the text as a whole */
  addText(text: string, weight: Weight): void {
    secretParts(text, weight, (part, weight) => {
      if (isDistinctive(part, weight)) this.#texts.add(part);
    });
  }

  /** Adds all but those that are also names of what was seen. */
  addTo(values: KnownValues): void {
    for (const text of this.#texts) if (!this.#names.has(text)) values.addText(text, "secret-value");
    for (const bytes of this.#binary) values.addBinary(bytes);
  }
}

function decode(encoded: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(encoded);
  } catch {
    return new Uint8Array(); // the API server takes nothing but base64
  }
}

function isDistinctiveBinary(bytes: Uint8Array): boolean {
  return bytes.length >= MIN_BINARY_BYTES && new Set(bytes).size >= MIN_BINARY_DISTINCT;
}
