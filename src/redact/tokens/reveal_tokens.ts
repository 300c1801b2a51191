import { MASK_SOURCE, MAX_MASK_LENGTH } from "../mask.ts";

/** What {@linkcode RevealTokens} met. */
export interface Revealed {
  /** Tokens that were replaced by their values. */
  revealed: number;
  /** Tokens that are not in the map, and stay. */
  unknown: number;
}

const EVERY_MASK = new RegExp(MASK_SOURCE, "g");

/** Puts values back in place of their tokens, in a text that comes in pieces. */
export class RevealTokens implements Revealed {
  revealed = 0;
  unknown = 0;
  readonly #values: ReadonlyMap<string, string>;
  /** The end of what came, where a token may have begun. */
  #open = "";

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  push(piece: string): string {
    return this.#reveal(this.#open + piece, MAX_MASK_LENGTH);
  }

  end(): string {
    return this.#reveal(this.#open, 0);
  }

  /** @param keepBack how many characters at the end may belong to a token that goes on */
  #reveal(text: string, keepBack: number): string {
    const out: string[] = [];
    let at = 0;
    for (const { 0: mask, index } of text.matchAll(EVERY_MASK)) {
      const value = this.#values.get(mask);
      if (value === undefined) {
        if (mask !== "***HIDDEN***") this.unknown++;
      } else this.revealed++;
      out.push(text.slice(at, index), value ?? mask);
      at = index + mask.length;
    }
    const end = Math.max(at, text.length - keepBack);
    out.push(text.slice(at, end));
    this.#open = text.slice(end);
    return out.join("");
  }
}

const BARE_TOKEN = new RegExp(`^${MASK_SOURCE}$`);

/** The token that an argument names, with or without the stars, which shells take for patterns.
 * @returns undefined for other text */
export function asToken(text: string): string | undefined {
  const token = `***${text.replace(/^\*{0,3}|\*{0,3}$/g, "")}***`;
  return token !== "***HIDDEN***" && BARE_TOKEN.test(token) ? token : undefined;
}
