import { SupportBundleError } from "../core/errors.ts";

/** A bundle-relative path in its one canonical form: forward slashes, no empty, `.` or `..` segments, no NUL.
 * @throws when nothing is left of it, or when it would leave the bundle */
export function bundlePath(...segments: string[]): string {
  const parts: string[] = [];
  for (const part of segments.join("/").replaceAll("\\", "/").split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." || part.includes("\0")) throw new UnsafePathError(segments.join("/"));
    parts.push(part);
  }
  if (parts.length === 0) throw new UnsafePathError(segments.join("/"));
  return parts.join("/");
}

/** A name that would put a file outside the bundle. */
export class UnsafePathError extends SupportBundleError {
  constructor(path: string) {
    super(`The path "${path}" would lie outside the bundle`, { code: "UNSAFE_PATH" });
  }
}
