import { readFile } from "node:fs/promises";
import { SupportBundleError } from "../../core/errors.ts";

/** A file of this machine that a URI names.
 * @throws {SupportBundleError} when it cannot be read */
export async function readPemFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new SupportBundleError(`Cannot read the PEM file "${path}" that the uri names`, { code: "HOST_FILE", cause });
  }
}
