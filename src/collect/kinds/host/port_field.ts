import * as z from "zod";

/** A port number; YAML may have it in quotes. */
export function portField() {
  return z.coerce.number().int().min(1).max(65_535);
}
