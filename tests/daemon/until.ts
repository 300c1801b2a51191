/** Waits for something that another process does. Bounded, and generous for a loaded machine. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  for (let tries = 0; tries < 3_000; tries++) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited 30 s in vain: ${what}`);
}

/** The pid that a child wrote into a file. */
export function pidFrom(path: string): Promise<number> {
  return until(`a pid in ${path}`, async () => Number(await Deno.readTextFile(path).catch(() => "")) || undefined);
}
