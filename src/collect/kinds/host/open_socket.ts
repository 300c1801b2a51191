/** Does something with a socket, which is closed afterwards, and at once when the signal is aborted.
 * @throws the signal's reason, once it is aborted */
export async function whileOpen<Socket extends { close(): void }, T>(
  socket: Socket,
  signal: AbortSignal,
  action: (socket: Socket) => Promise<T>,
): Promise<T> {
  const close = () => socket.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    return await action(socket);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", close);
    if (!signal.aborted) close();
  }
}

/** @param ended what the error says when the connection ends before */
export async function readExactly(connection: Deno.Conn, length: number, ended: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = await connection.read(bytes.subarray(at));
    if (read === null) throw new Error(ended);
    at += read;
  }
  return bytes;
}
