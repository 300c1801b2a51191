import { Buffer } from "node:buffer";
import { RedactionError } from "./redaction_error.ts";
import type { Emit, Step } from "./stage.ts";

type Encoding = "utf-16le" | "utf-16be";

/** Lets steps that read UTF-8 redact a file in UTF-16, as Windows writes them: with a byte order mark, or without one where
 * every other byte is zero. Other files pass as they are.
 * @throws {RedactionError} REDACTION_ENCODING on halves of characters: they cannot be had back */
export function throughUtf8(path: string, step: Step): Step {
  let way: Transcoder | undefined;
  let first: Uint8Array | undefined = new Uint8Array();
  const start = (emit: Emit) => {
    const bytes = first!;
    first = undefined;
    const encoding = encodingOf(bytes);
    if (encoding !== undefined) way = new Transcoder(path, encoding);
    push(bytes, emit);
  };
  const push = (chunk: Uint8Array, emit: Emit) => {
    if (way === undefined) return step.push(chunk, emit);
    const back = way;
    step.push(way.decode(chunk), (out) => emit(back.encode(out)));
  };
  return {
    push(chunk, emit) {
      if (first === undefined) return push(chunk, emit);
      first = first.length === 0 ? chunk : Buffer.concat([first, chunk]);
      if (first.length >= SAMPLE) start(emit);
    },
    end(emit) {
      if (first !== undefined) start(emit);
      if (way === undefined) return step.end(emit);
      const back = way;
      const rest = way.decode(undefined);
      if (rest.length > 0) step.push(rest, (out) => emit(back.encode(out)));
      step.end((out) => emit(back.encode(out)));
    },
  };
}

/** Bytes that are looked at. */
const SAMPLE = 64;

function encodingOf(bytes: Uint8Array): Encoding | undefined {
  const sample = bytes.subarray(0, SAMPLE);
  const zeros = [0, 0];
  sample.forEach((byte, i) => zeros[i % 2]! += byte === 0 ? 1 : 0);
  const half = Math.floor(sample.length / 2), short = sample.length < 16;
  // A mark alone could be anybody's: of text in most scripts, upper bytes are zero often, and lower ones hardly ever. What is
  // taken for UTF-16 by mistake would not be looked into.
  const isUpper = (at: number) => zeros[at]! > zeros[1 - at]! && zeros[at]! * 4 >= half;
  if (sample[0] === 0xff && sample[1] === 0xfe && isUpper(1)) return "utf-16le";
  if (sample[0] === 0xfe && sample[1] === 0xff && isUpper(0)) return "utf-16be";
  if (short) return undefined;
  if (zeros[0] === 0 && zeros[1] === half) return "utf-16le";
  return zeros[1] === 0 && zeros[0]! >= half ? "utf-16be" : undefined;
}

class Transcoder {
  readonly #path: string;
  readonly #encoding: Encoding;
  readonly #from: TextDecoder;
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(path: string, encoding: Encoding) {
    this.#path = path;
    this.#encoding = encoding;
    this.#from = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  }

  /** @param chunk undefined at the end */
  decode(chunk: Uint8Array | undefined): Uint8Array {
    try {
      return new TextEncoder().encode(this.#from.decode(chunk, { stream: chunk !== undefined }));
    } catch (cause) {
      throw RedactionError.encoding(this.#path, { cause });
    }
  }

  /** Pieces end where lines do, or at the end. */
  encode(piece: Uint8Array): Uint8Array {
    const bytes = Buffer.from(this.#utf8.decode(piece, { stream: true }), "utf16le");
    return this.#encoding === "utf-16le" ? bytes : bytes.swap16();
  }
}
