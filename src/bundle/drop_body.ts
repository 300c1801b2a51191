/** Reads what is left of the body of a tar archive's member, for nobody.
 *
 * To cancel it instead would drop the next one: modern-tar reads ahead, and forgets which of them it was. An archive that is
 * damaged says so where the next member is asked for. */
export async function dropBody(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    while (!(await reader.read()).done);
  } catch {
    // It is damaged.
  }
}
