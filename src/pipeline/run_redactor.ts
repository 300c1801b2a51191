import { formatSize } from "../core/size.ts";
import { createRedactor } from "../redact/create_redactor.ts";
import type { PersonalData } from "../redact/personal_data.ts";
import type { Redactor, RedactorSpec } from "../redact/redactor.ts";
import type { Tokenization } from "../redact/tokens/tokenization.ts";
import { KnownValues, MAX_VALUE_BYTES, MAX_VALUES } from "../redact/values/known_values.ts";
import { ValueListError } from "./value_lists.ts";

export interface RunRedactorOptions {
  /** Of specs; they come after the built-in rules. */
  custom: readonly RedactorSpec[];
  hide: readonly PersonalData[];
  /** Hidden wherever they are. */
  values: KnownValues;
  /** In place of `***HIDDEN***`. */
  tokens?: Tokenization;
}

/** All that hides something in one bundle, the key of its tokens included. */
export function runRedactor({ custom, hide, values, tokens }: RunRedactorOptions): Redactor {
  return createRedactor({
    builtIn: true,
    custom: [...custom, ...tokens?.redactors ?? []],
    hide,
    values,
    mask: tokens?.mask,
  });
}

/** @param values that the user names, of `readValueLists`
 * @throws {ValueListError} when there are more than can be hidden: none may be left out unseen */
export function knownUserValues(values: readonly string[] = []): KnownValues {
  const known = new KnownValues();
  for (const value of values) known.addText(value, "user-value");
  if (known.overflown) {
    throw new ValueListError(
      `The lists of values to scrub have more than ${MAX_VALUES.toLocaleString("en-US")} values, or ` +
        `${formatSize(MAX_VALUE_BYTES)} of them: not all of them could be hidden`,
      "Name the values that are secret, and no others",
    );
  }
  return known;
}
