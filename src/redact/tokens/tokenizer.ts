import { createHmac } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import { fromBytes, toBytes } from "../latin1.ts";
import { type FileMasks, MASK, type MaskMaker, masksIn } from "../mask.ts";
import { type SecretType, secretType, typeOfValue } from "./secret_type.ts";
import { splitValue } from "./split_value.ts";
import { hashOf, TokenFormat } from "./token_format.ts";

export interface TokenizerOptions {
  /** Whoever has it can tell whether a token stands for a text; without it, a token says nothing about its value. */
  key: Uint8Array;
  clock: Clock;
  format?: TokenFormat;
  /** Types by hash that earlier runs with the same key chose, and that later ones shall know. Is added to. */
  types?: Map<string, SecretType>;
  /** Values that get the constant mask, one character per byte: the key itself shall be in no map. */
  never?: readonly string[];
  /** Memory for values, in bytes. */
  maxBytes?: number;
  /** Pairs of a value and a file that it is in; of those beyond, the files are not known. */
  maxPlaces?: number;
  /** Hexadecimal digits of a hash, 6 at least. By default 12: two of 100,000 values share these 48 bits in one run of
   * 50,000, and the second one then gets more digits. */
  digits?: number;
}

/** A value that tokens stand for, and where they are. */
export interface Secret {
  token: string;
  type: SecretType;
  /** One character per byte. */
  value: string;
  /** Tokens for it, in files that were redacted to their end. */
  count: number;
  /** Number of tokens by path of the file. Those beyond `maxPlaces` are not in it. */
  files: Map<string, number>;
  firstSeen: Date;
  lastSeen: Date;
}

const DIGITS = 12;
const MORE_DIGITS = 4;
const MAX_BYTES = 32 << 20;
const MAX_PLACES = 200_000;
/** What is held for a value besides its text. */
const OVERHEAD_BYTES = 400;

/** Writes a token for each value: `***TOKEN_<TYPE>_<HASH>***`, the same for equal values in all files of a run.
 *
 * The hash is HMAC-SHA-256 of the value alone, so it is the same whatever rule hides the value, and in which order. The type
 * is what the first place that the value was found in makes of it. */
export class Tokenizer implements MaskMaker {
  readonly #key: Uint8Array;
  readonly #clock: Clock;
  readonly #format: TokenFormat;
  /** By hash. */
  readonly types: Map<string, SecretType>;
  readonly #byValue = new Map<string, Secret>();
  readonly #byHash = new Map<string, Secret>();
  readonly #digits: number;
  readonly #never: ReadonlySet<string>;
  #bytesLeft: number;
  #placesLeft: number;
  /** Occurrences of values that differed only in what is around them from the value that their token stands for. */
  trimmed = 0;
  /** Occurrences of values that there was no memory for: they have tokens, which nothing leads back from. */
  unknown = 0;
  /** Time that making new tokens took. */
  tokenMs = 0;

  constructor(options: TokenizerOptions) {
    this.#key = options.key;
    this.#clock = options.clock;
    this.#format = options.format ?? new TokenFormat();
    this.types = options.types ?? new Map();
    this.#digits = options.digits ?? DIGITS;
    this.#never = new Set(options.never);
    this.#bytesLeft = options.maxBytes ?? MAX_BYTES;
    this.#placesLeft = options.maxPlaces ?? MAX_PLACES;
  }

  start(path: string): FileMasks {
    return new FileTokens(this, path);
  }

  /** Values that occur in files that were redacted to their end. */
  *secrets(): Generator<Secret> {
    for (const secret of this.#byValue.values()) if (secret.count > 0) yield secret;
  }

  /** @returns the mask alone where there is no memory for the value, or shall be none */
  secretOf(value: string, rule: string, before: string): Secret | string {
    const known = this.#byValue.get(value);
    if (known !== undefined) return known;
    if (this.#never.has(value)) return MASK;
    const started = performance.now();
    const bytes = toBytes(value);
    const hash = createHmac("sha256", this.#key).update(bytes).digest("hex").toUpperCase();
    const size = value.length + OVERHEAD_BYTES;
    if (size > this.#bytesLeft) {
      // Forgotten at once: nothing but the value itself may decide, or the next time it might get another token.
      const short = hash.slice(0, this.#digits);
      return this.#format.token(this.types.get(short) ?? typeOfValue(value), short);
    }
    this.#bytesLeft -= size;
    let digits = this.#digits;
    while (this.#byHash.has(hash.slice(0, digits)) && digits < hash.length) digits += MORE_DIGITS;
    const short = hash.slice(0, digits);
    const type = this.types.get(short) ?? secretType(value, rule, before);
    this.types.set(short, type);
    const now = this.#clock.now();
    const secret: Secret = {
      token: this.#format.token(type, short),
      type,
      value: fromBytes(bytes), // a slice would keep its whole line in memory
      count: 0,
      files: new Map(),
      firstSeen: now,
      lastSeen: now,
    };
    this.#byValue.set(secret.value, secret);
    this.#byHash.set(short, secret);
    this.tokenMs += performance.now() - started;
    return secret;
  }

  /** The value behind a token of this run. */
  secretBehind(token: string): Secret | undefined {
    const secret = this.#byHash.get(hashOf(token));
    return secret?.token === token ? secret : undefined;
  }

  /** Tells that tokens for a value are in a file. */
  addPlace({ files }: Secret, path: string, count: number): void {
    const before = files.get(path);
    if (before === undefined && this.#placesLeft-- <= 0) return;
    files.set(path, (before ?? 0) + count);
  }

  now(): Date {
    return this.#clock.now();
  }
}

class FileTokens implements FileMasks {
  readonly #tokenizer: Tokenizer;
  readonly #path: string;
  readonly #counts = new Map<Secret, number>();
  #trimmed = 0;
  #unknown = 0;

  constructor(tokenizer: Tokenizer, path: string) {
    this.#tokenizer = tokenizer;
    this.#path = path;
  }

  of(value: string, rule: string, before: string): string {
    const masks = masksIn(value);
    if (masks.length === 0) return this.#around(value, rule, before);
    const inner = masks.map(({ start, end }) => this.#own(value.slice(start, end)));
    const own = inner.every((secret) => secret !== undefined);
    const parts: string[] = [];
    let at = 0;
    masks.forEach(({ start, end }, i) => {
      const between = value.slice(at, start);
      if (own) {
        this.#add(inner[i]!, -1);
        parts.push(between, inner[i]!.value);
      } else parts.push(between === "" ? "" : this.#exactly(between, rule, before), value.slice(start, end));
      at = end;
    });
    const rest = value.slice(at);
    // What rules before this one wrote tokens for is part of one larger value.
    if (own) return this.#around(parts.join("") + rest, rule, before);
    // Whatever other masks hide is not known here: they stay, and what is between them gets tokens.
    return parts.join("") + (rest === "" ? "" : this.#exactly(rest, rule, before));
  }

  end(): void {
    const tokenizer = this.#tokenizer;
    const now = tokenizer.now();
    for (const [secret, count] of this.#counts) {
      if (count === 0) continue;
      secret.count += count;
      tokenizer.addPlace(secret, this.#path, count);
      secret.lastSeen = now;
    }
    tokenizer.trimmed += this.#trimmed;
    tokenizer.unknown += this.#unknown;
    this.#counts.clear();
  }

  /** A token, and around it what {@linkcode splitValue} takes off. */
  #around(text: string, rule: string, before: string): string {
    const { lead, value, tail } = splitValue(text);
    if (value === "") return MASK;
    if (lead !== "" || tail !== "") this.#trimmed++;
    return lead + this.#exactly(value, rule, before) + tail;
  }

  #exactly(value: string, rule: string, before: string): string {
    const secret = this.#tokenizer.secretOf(value, rule, before);
    if (typeof secret === "string") {
      if (secret !== MASK) this.#unknown++;
      return secret;
    }
    this.#add(secret, 1);
    return secret.token;
  }

  #own(token: string): Secret | undefined {
    const secret = this.#tokenizer.secretBehind(token);
    return secret !== undefined && (this.#counts.get(secret) ?? 0) > 0 ? secret : undefined;
  }

  #add(secret: Secret, count: number): void {
    this.#counts.set(secret, (this.#counts.get(secret) ?? 0) + count);
  }
}
