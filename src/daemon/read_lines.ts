/** A line of a stream, without its end. */
export interface Line {
  text: string;
  /** The line was longer than allowed, and `text` is its beginning. */
  cut: boolean;
}

/** Splits a stream into lines of at most `maxBytes`; the rest of a longer one is dropped. Memory stays bounded by
 * `maxBytes`, whatever is sent. Empty lines are passed over; a last line needs no end. */
export async function* readLines(stream: ReadableStream<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let cut = false;
  const add = (bytes: Uint8Array) => {
    const room = maxBytes - length;
    if (bytes.length > room) cut = true;
    if (room <= 0 || bytes.length === 0) return;
    const kept = bytes.length > room ? bytes.subarray(0, room) : bytes;
    parts.push(kept);
    length += kept.length;
  };
  const take = (): Line | undefined => {
    const whole = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    const line = { text: new TextDecoder().decode(whole).replace(/\r$/, ""), cut };
    parts = [];
    length = 0;
    cut = false;
    return line.text === "" ? undefined : line;
  };
  for await (const chunk of stream) {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      add(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      const line = take();
      if (line !== undefined) yield line;
    }
    add(rest);
  }
  const line = take();
  if (line !== undefined) yield line;
}

/** The last `maxBytes` of a stream as text, from a line's beginning on if something was dropped. */
export async function readTail(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<string> {
  let tail = new Uint8Array();
  let dropped = false;
  try {
    for await (const chunk of stream) {
      const joined = new Uint8Array(tail.length + chunk.length);
      joined.set(tail);
      joined.set(chunk, tail.length);
      dropped ||= joined.length > maxBytes;
      tail = joined.slice(-maxBytes);
    }
  } catch {
    // The reader was told to stop waiting: what came until then counts.
  }
  const text = new TextDecoder().decode(tail);
  return dropped ? text.slice(text.indexOf("\n") + 1) : text;
}
