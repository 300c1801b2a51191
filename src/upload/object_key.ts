import { UsageError } from "../core/errors.ts";

/** The name of an object: the URL's path, with the file's own name where the path ends in `/`.
 * @throws {UsageError} when the path cannot be read */
export function objectKey(url: URL, name: string): string {
  let path: string;
  try {
    path = decodeURIComponent(url.pathname.replace(/^\//, ""));
  } catch (cause) {
    throw new UsageError(`The path of ${url.href} has a % that begins no escape`, "Write %25 for %", { cause });
  }
  if (path.split("/").some((segment) => segment === "." || segment === "..")) {
    throw new UsageError(`The path of ${url.href} leads up, by an escaped . or ..`, "Write the path out");
  }
  return path === "" || path.endsWith("/") ? path + name : path;
}
