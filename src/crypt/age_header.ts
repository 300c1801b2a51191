import { concatBytes } from "../core/concat_bytes.ts";
import { dearmor } from "./dearmor.ts";

/** The beginning of an age file, and the stream that still has it. */
export interface AgeHead {
  /** With its last line. Undefined: it is no age file. */
  header?: Uint8Array;
  /** Types of its stanzas, one for each recipient: `X25519`, `ssh-ed25519`, `scrypt` … */
  stanzas: string[];
  /** All of it: of an armored one, what is in the armor. */
  body: ReadableStream<Uint8Array>;
}

const MAGIC = "age-encryption.org/";
const ARMOR = "-----BEGIN AGE ENCRYPTED FILE-----";
/** Far above what a thousand recipients take. */
const MAX_HEADER_BYTES = 2 * 1024 * 1024;
/** What may stand in front of an armor. */
const SNIFFED_BYTES = 1024;

/** Reads the header of an age file, binary or armored, and no more of it than it takes. */
export async function readAgeHead(source: ReadableStream<Uint8Array>): Promise<AgeHead> {
  const start = await ahead(source, (bytes) => bytes.length >= SNIFFED_BYTES);
  const text = ascii(start.head.subarray(0, SNIFFED_BYTES));
  if (text.trimStart().startsWith(ARMOR)) return await readHeader(dearmor(start.body));
  if (text.startsWith(MAGIC)) return await readHeader(start.body);
  return { stanzas: [], body: start.body };
}

async function readHeader(source: ReadableStream<Uint8Array>): Promise<AgeHead> {
  let end = -1;
  const { head, body } = await ahead(source, (bytes) => {
    const last = /\n--- ?[^\n]*\n/.exec(ascii(bytes));
    end = last === null ? -1 : last.index + last[0].length;
    return end > 0 || bytes.length > MAX_HEADER_BYTES;
  });
  const header = end > 0 ? head.subarray(0, end) : head;
  const stanzas = [...ascii(header).matchAll(/^-> (\S+)/gm)].map(([, type]) => type!);
  return { header, stanzas, body };
}

/** Reads until that is enough, or the stream ends.
 * @returns all that was read, and a stream that has that, too */
async function ahead(
  source: ReadableStream<Uint8Array>,
  enough: (bytes: Uint8Array) => boolean,
): Promise<{ head: Uint8Array; body: ReadableStream<Uint8Array> }> {
  const reader = source.getReader();
  const pieces: Uint8Array[] = [];
  let wanted = 0;
  for (let size = 0;;) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    size += value.length;
    // Not anew for each of many small pieces.
    if (size < wanted) continue;
    if (enough(concatBytes(pieces))) break;
    wanted = size * 1.5;
  }
  const head = concatBytes(pieces);
  let given = head.length === 0;
  return {
    head,
    body: new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (!given) {
          given = true;
          return controller.enqueue(head);
        }
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 }),
  };
}

function ascii(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
