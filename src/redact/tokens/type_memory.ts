import * as z from "zod";
import { writePrivateFile } from "../../core/private_file.ts";
import { SECRET_TYPES, type SecretType } from "./secret_type.ts";

const schema = z.object({
  schemaVersion: z.literal(1),
  /** By hash. */
  types: z.record(z.string().regex(/^[A-F0-9]{12,64}$/), z.enum(SECRET_TYPES)),
});

/** As many values a job remembers; the ones that it met first go first. */
const MAX_TYPES = 50_000;

/** Types of values by hash, as earlier runs with the same key chose them: which file is read first is different each time,
 * and a value shall not get another token for it. A file that cannot be read is as good as none. */
export async function loadTypes(path: string): Promise<Map<string, SecretType>> {
  try {
    return new Map(Object.entries(schema.parse(JSON.parse(await Deno.readTextFile(path))).types));
  } catch {
    return new Map();
  }
}

/** Keeps what a run has learned, beside what runs beside it have.
 * @throws what the file system says */
export async function saveTypes(path: string, types: ReadonlyMap<string, SecretType>): Promise<void> {
  const all = new Map([...types, ...await loadTypes(path)]);
  const kept = Object.fromEntries([...all].slice(-MAX_TYPES));
  await writePrivateFile(path, JSON.stringify({ schemaVersion: 1, types: kept }) + "\n");
}
