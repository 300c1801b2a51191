import type { Clock } from "../../core/clock.ts";
import type { ReadSecret } from "../../core/credential_reference.ts";
import { describeError, UsageError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import { RedactionMapError } from "./map_error.ts";
import { fromUnicode } from "../latin1.ts";
import type { RedactorSpec } from "../redactor.ts";
import { checkMapPath, writeMap } from "./map_file.ts";
import { encryptFor, type MapLock } from "./map_lock.ts";
import { newBundleId, redactionMap } from "./redaction_map.ts";
import { parseTokenFormat } from "./token_format.ts";
import { tokenKey } from "./token_key.ts";
import type { TokenStats } from "./token_stats.ts";
import { Tokenizer } from "./tokenizer.ts";
import { loadTypes, saveTypes } from "./type_memory.ts";

/** How a run writes tokens. Serializable, and without secrets: keys are named by credential references. */
export interface TokenOptions {
  /** Credential reference; absent: a random key that is forgotten with the run. */
  key?: string;
  /** As `--token-prefix` has it. */
  format?: string;
  /** What the user calls the bundle. */
  bundleId?: string;
  /** Absolute; where the types of values are kept from run to run, for a key that is. */
  typesFile?: string;
  map?: {
    /** Absolute. */
    path: string;
    /** The passphrase is a credential reference. */
    encrypt?: { recipients: string[] } | { passphrase: string };
  };
}

/** What became of the tokens of a run. */
export interface TokenReport {
  bundleId: string;
  stats: TokenStats;
  map?: { path: string; encrypted: boolean };
}

/** Tokens for one bundle, from the key to the map. */
export class Tokenization {
  private constructor(
    /** Hand it to `createRedactor` … */
    readonly mask: Tokenizer,
    /** … and these, which hide the key wherever it turns up. */
    readonly redactors: RedactorSpec[],
    readonly bundleId: string,
    readonly options: TokenOptions,
    readonly clock: Clock,
    readonly encrypt: ((text: string) => Promise<string>) | undefined,
  ) {}

  /** Finds out all that could be wrong, before anything is collected.
   * @throws {SupportBundleError} when the key cannot be had, or a map could not be written or encrypted */
  static async open(
    options: TokenOptions,
    context: { secret: ReadSecret; clock: Clock },
  ): Promise<Tokenization> {
    const { key, format, bundleId, typesFile, map } = options;
    if (map !== undefined) await checkMapPath(map.path);
    const { bytes, text } = await tokenKey(key, context.secret);
    const lock = map?.encrypt === undefined ? undefined : await lockOf(map.encrypt, context.secret);
    const own = [text, lock !== undefined && "passphrase" in lock ? lock.passphrase : undefined]
      .filter((text) => text !== undefined);
    const tokenizer = new Tokenizer({
      key: bytes,
      never: own.map(fromUnicode),
      clock: context.clock,
      format: format === undefined ? undefined : parseTokenFormat(format),
      types: typesFile === undefined ? undefined : await loadTypes(typesFile),
    });
    const encrypt = lock && await encryptFor(lock);
    const redactors = own.length === 0 ? [] : [{ name: "token-key", removals: { values: own } }];
    const id = newBundleId(bundleId, context.clock.now());
    return new Tokenization(tokenizer, redactors, id, options, context.clock, encrypt);
  }

  /** Keeps what shall be kept, when all files of the bundle have been redacted.
   * @throws {RedactionMapError} when the map cannot be written */
  async keep(): Promise<TokenReport> {
    const { map: target, typesFile, bundleId: name } = this.options;
    const map = redactionMap(this.mask, { bundleId: this.bundleId, name, now: this.clock.now() });
    if (target !== undefined) await writeMap(target.path, map, this.encrypt);
    if (typesFile !== undefined) await this.#keepTypes(typesFile);
    return {
      bundleId: this.bundleId,
      stats: map.stats,
      map: target && { path: target.path, encrypted: this.encrypt !== undefined },
    };
  }

  async #keepTypes(path: string): Promise<void> {
    try {
      await saveTypes(path, this.mask.types);
    } catch (cause) {
      throw new RedactionMapError(
        `Cannot keep what tokens were given: ${describeError(cause)}`,
        "Tokens of the next run may have other types for the same values; their hashes are the same",
        { code: "TOKEN_MEMORY", cause, exitCode: EXIT.disk },
      );
    }
  }
}

async function lockOf(
  encrypt: NonNullable<NonNullable<TokenOptions["map"]>["encrypt"]>,
  secret: ReadSecret,
): Promise<MapLock> {
  if ("recipients" in encrypt) return encrypt;
  const passphrase = await secret(encrypt.passphrase);
  if (passphrase.length >= MIN_PASSPHRASE) return { passphrase };
  throw new UsageError(
    `The passphrase for the redaction map has less than ${MIN_PASSPHRASE} characters`,
    "Use a longer one, such as five random words, or --redaction-map-recipients",
  );
}

const MIN_PASSPHRASE = 12;
