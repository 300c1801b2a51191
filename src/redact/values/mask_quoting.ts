import type { LineRule } from "../line_rule.ts";
import { MASK_SOURCE } from "../mask.ts";
import { quoteYamlMasks } from "../yaml_quoting.ts";

// A number, or what is left of one, that is a value in JSON, also in JSON in a string. The quote of its name says how
// strings are quoted there.
const BARE_JSON = new RegExp(
  String.raw`((\\*")[ ]?:[ ]?)([-+.\deE]*(${MASK_SOURCE})(?:[-+.\deE]*${MASK_SOURCE})*[-+.\deE]*)(?=\s*(?:[,}\]]|$))`,
  "g",
);

/** Quotes the masks of values that stood without quotes, so that JSON and YAML can still be read. Works on whole lines,
 * after {@linkcode valueStage}, which does not. */
export const maskQuoting: LineRule = {
  name: "secret-value",
  builtIn: true,
  keywords: ["***"],
  run({ text, format }) {
    const quoted = quoteYamlMasks(
      text.replace(BARE_JSON, (_, before: string, quote: string, __, mask: string) => before + quote + mask + quote),
      format,
    );
    return quoted === text ? undefined : { text: quoted, count: 0, hidden: 0 };
  },
};
