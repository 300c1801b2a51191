import type { Icon } from "./analyzer.ts";

const BASE = "https://troubleshoot.sh/images/analyzer-icons/";

/** A picture of the set that viewers of bundles know.
 * @param file with its size: `kubernetes.svg?w=16&h=16` */
export function icon(key: string, file: string): Icon {
  return { key, uri: BASE + file };
}
