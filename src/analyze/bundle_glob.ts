import { UnsafePathError } from "../bundle/bundle_path.ts";

/** Joins what a spec says into a path or glob inside the bundle. Keeps `\`, which escapes in globs.
 * @throws {UnsafePathError} when a segment is `..` */
export function bundleGlob(...segments: (string | undefined)[]): string {
  const parts: string[] = [];
  for (const part of segments.filter((segment) => segment !== undefined).join("/").split("/")) {
    if (part === "" || part === ".") continue;
    // Escapes are resolved first: to a glob, `\..` is `..` too.
    if (part.replaceAll("\\", "") === ".." || part.includes("\0")) throw new UnsafePathError(segments.join("/"));
    parts.push(part);
  }
  return parts.join("/");
}

/** True when the text has a wildcard. */
export function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}
