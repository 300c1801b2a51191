import * as z from "zod";
import { textField } from "../../text_field.ts";

/** The `selector` field of a spec. */
export function selectorField() {
  return z.array(textField()).optional();
}

/** The requirements of a spec as the API takes them, ANDed. `*` alone means every object: the API itself would refuse it. */
export function joinSelector(selector: readonly string[] | undefined): string {
  return (selector ?? []).map((part) => part.trim()).filter((part) => part !== "" && part !== "*").join(",");
}

/** A selector as a part of a file name: `app=web`, `tier!=x` → `app-web-tier!-x`; `*` → `all`. */
export function selectorFileName(selector: readonly string[]): string {
  return selector.join("-").replaceAll("=", "-").replaceAll("*", "all").replace(/[?:<>|"/\\]/g, "_");
}
