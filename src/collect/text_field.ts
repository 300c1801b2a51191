import * as z from "zod";

/** A string field that also takes what YAML reads as a number or a boolean (`tag: 15`, `value: true`). Objects and lists
 * stay errors. */
export function textField() {
  return z.union([z.string(), z.number(), z.boolean()]).transform(String);
}

/** A map of text, such as HTTP headers. */
export function textMapField() {
  return z.record(z.string(), textField());
}
