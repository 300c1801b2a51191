import * as z from "zod";

/** `exclude` and `strict` of a spec: a boolean, or a string that says one. What says nothing, such as a template that
 * nobody rendered, is false. */
export function flagField() {
  return z.union([z.boolean(), z.string()]).optional().transform((value) =>
    value === true || (typeof value === "string" && /^(1|t|true|y|yes|on)$/i.test(value.trim()))
  );
}
