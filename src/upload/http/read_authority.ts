import { UsageError } from "../../core/errors.ts";

/** The certificates of the option `caFile`.
 * @throws {UsageError} when they cannot be read */
export async function readAuthority(path: string | undefined): Promise<string[] | undefined> {
  if (path === undefined) return undefined;
  try {
    return [await Deno.readTextFile(path)];
  } catch (cause) {
    throw new UsageError(`The option caFile names "${path}", which cannot be read`, "Name a PEM file", { cause });
  }
}
