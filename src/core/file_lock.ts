/** Calls back while this process, and in it this call, is the only one that holds a lock file. Others wait.
 * @throws what the file system says when the file cannot be made */
export async function withFileLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  using file = await Deno.open(path, { create: true, write: true, mode: 0o600 });
  await file.lock(true); // until it is closed
  return await action();
}
