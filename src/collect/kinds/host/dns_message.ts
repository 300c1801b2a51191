/** The types of records that are asked for. */
export const RECORD_TYPES = { A: 1, CNAME: 5, AAAA: 28 } as const;
export type RecordType = keyof typeof RECORD_TYPES;

export interface DnsAnswer {
  /** Fully qualified, with the dot at its end. */
  name: string;
  type: RecordType;
  /** In seconds. */
  ttl: number;
  /** The address, or the name that the name stands for. */
  value: string;
}

export interface DnsReply {
  /** 0 is success, 3 says that there is no such name. */
  code: number;
  /** True when the answer did not fit: it is to be asked for over TCP. */
  truncated: boolean;
  /** The first answer of a known type. */
  answer?: DnsAnswer;
}

const HEADER_BYTES = 12;
const CLASS_INTERNET = 1;
const MAX_POINTERS = 20;

/** A question for one name, to be resolved recursively.
 * @param name fully qualified or not: it is taken as it is
 * @returns undefined when it is no name that DNS can ask for
 * @see https://www.rfc-editor.org/rfc/rfc1035#section-4 */
export function encodeQuestion(id: number, name: string, type: RecordType): Uint8Array | undefined {
  const labels = name.replace(/\.$/, "").split(".").map((label) => new TextEncoder().encode(label));
  const size = labels.reduce((sum, label) => sum + label.length + 1, 1);
  if (size > 255 || labels.some((label) => label.length === 0 || label.length > 63)) return undefined;
  const message = new Uint8Array(HEADER_BYTES + size + 4);
  const view = new DataView(message.buffer);
  view.setUint16(0, id);
  view.setUint16(2, 0x0100); // recursion desired
  view.setUint16(4, 1);
  let at = HEADER_BYTES;
  for (const label of labels) {
    message[at] = label.length;
    message.set(label, at + 1);
    at += label.length + 1;
  }
  view.setUint16(at + 1, RECORD_TYPES[type]);
  view.setUint16(at + 3, CLASS_INTERNET);
  return message;
}

/** Reads the reply to a question.
 * @returns undefined for what is no reply to that question
 * @throws {RangeError} for a message that ends too early or runs in circles */
export function decodeReply(message: Uint8Array, id: number): DnsReply | undefined {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  if (message.length < HEADER_BYTES || view.getUint16(0) !== id || (view.getUint8(2) & 0x80) === 0) return undefined;
  const reply: DnsReply = { code: view.getUint8(3) & 0x0f, truncated: (view.getUint8(2) & 0x02) !== 0 };
  let at = HEADER_BYTES;
  for (let left = view.getUint16(4); left > 0; left--) at = readName(view, at).end + 4;
  for (let left = view.getUint16(6); left > 0 && reply.answer === undefined; left--) {
    const { name, end } = readName(view, at);
    const type = typeName(view.getUint16(end));
    const ttl = view.getUint32(end + 4);
    const length = view.getUint16(end + 8);
    if (type !== undefined) reply.answer = { name, type, ttl, value: readValue(view, end + 10, length, type) };
    at = end + 10 + length;
  }
  return reply;
}

/** A record as zone files have it: `example.com.\t300\tIN\tA\t192.0.2.1`. */
export function recordText({ name, ttl, type, value }: DnsAnswer): string {
  return [name, ttl, "IN", type, value].join("\t");
}

function typeName(number: number): RecordType | undefined {
  return (Object.keys(RECORD_TYPES) as RecordType[]).find((type) => RECORD_TYPES[type] === number);
}

function readValue(view: DataView, at: number, length: number, type: RecordType): string {
  if (type === "CNAME") return readName(view, at).name;
  if (length !== (type === "A" ? 4 : 16)) throw new RangeError("an address of a wrong length");
  if (type === "A") return [0, 1, 2, 3].map((i) => view.getUint8(at + i)).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(at + 2 * i).toString(16));
  // URLs have the canonical short form of such an address.
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

/** @returns the name, and where what follows it begins */
function readName(view: DataView, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let end: number | undefined;
  let pointers = 0;
  for (let at = start;;) {
    const length = view.getUint8(at);
    if (length === 0) return { name: `${labels.join(".")}.`, end: end ?? at + 1 };
    if ((length & 0xc0) === 0xc0) {
      if (++pointers > MAX_POINTERS) throw new RangeError("a name that runs in circles");
      end ??= at + 2;
      at = view.getUint16(at) & 0x3fff;
      continue;
    }
    if (at + 1 + length > view.byteLength) throw new RangeError("a name that ends too early");
    labels.push(new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 1, length)));
    at += length + 1;
  }
}
