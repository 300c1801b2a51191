import { UsageError } from "../../core/errors.ts";
import type { SecretType } from "./secret_type.ts";

/** How tokens are written: `***TOKEN_PASSWORD_0A1B2C3D4E5F***`, or with another word in front. */
export class TokenFormat {
  /** @param name the first word; capital letters, digits and `_` */
  constructor(readonly name = "TOKEN") {}

  token(type: SecretType, hash: string): string {
    return `***${this.name}_${type}_${hash}***`;
  }
}

const FORM = /^(?:\*{3})?([A-Z][A-Z0-9_]{0,31}?)_%s(?:_%s|_)?(?:\*{3})?$/;

/** Reads what `--token-prefix` says: `ACME_%s`, `***ACME_%s_%s***`, where the first `%s` is the type and the second the hash.
 * Other forms would not be known as tokens when the text is redacted once more.
 * @throws {UsageError} */
export function parseTokenFormat(text: string): TokenFormat {
  const name = FORM.exec(text.trim())?.[1];
  if (name !== undefined) return new TokenFormat(name);
  throw new UsageError(
    text.includes("%s")
      ? `--token-prefix: "${text}" cannot be told from other text once it is in a bundle`
      : `--token-prefix: "${text}" does not say with %s where the type of the value goes`,
    "Write a word in capital letters before _%s, such as ACME_%s: tokens are then ***ACME_PASSWORD_0A1B2C3D4E5F***",
  );
}

/** The hash in a token.
 * @param token in the form of {@linkcode TokenFormat} */
export function hashOf(token: string): string {
  const end = token.length - 3;
  return token.slice(token.lastIndexOf("_", end) + 1, end);
}
