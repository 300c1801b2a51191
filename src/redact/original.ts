import { createHash, type Hash } from "node:crypto";

/** What is held of an archive, as it came and as it is after redaction. */
const HELD_BYTES = 8 << 20;
const PIECE_BYTES = 64 << 10;

/** The bytes of an archive as they come, held while they are few: when nothing in it was hidden, they are better than what
 * unpacking and packing makes of them. */
export class Original {
  /** The same bytes, for whoever unpacks them. */
  readonly body: ReadableStream<Uint8Array>;
  /** Told of each piece. */
  onRead: (bytes: number) => void = () => {};
  /** What the source failed with. */
  failure?: unknown;
  #pieces: Uint8Array[] | undefined = [];
  #bytes = 0;
  #changed = false;

  constructor(source: ReadableStream<Uint8Array>) {
    const reader = source.getReader();
    let rest = new Uint8Array();
    this.body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          if (rest.length === 0) {
            const { done, value } = await reader.read();
            if (done) return controller.close();
            rest = value as Uint8Array<ArrayBuffer>;
          }
          // What one packed byte unpacks to is known piece by piece.
          const piece = rest.subarray(0, PIECE_BYTES);
          rest = rest.subarray(PIECE_BYTES);
          this.#hold(piece);
          controller.enqueue(piece);
        } catch (error) {
          this.failure = error;
          throw error;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
  }

  #hold(piece: Uint8Array): void {
    this.onRead(piece.length);
    this.#bytes += piece.length;
    this.#pieces?.push(piece);
    if (this.#bytes > HELD_BYTES) this.#drop();
  }

  #drop(): void {
    this.#pieces = undefined;
  }

  /** Passes on what redaction makes of one file inside, and notes whether it is what went in. */
  async *compared(
    body: ReadableStream<Uint8Array>,
    redact: (body: ReadableStream<Uint8Array>) => AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    if (this.#changed || this.#pieces === undefined) return yield* redact(body);
    const before = createHash("sha256"), after = createHash("sha256");
    for await (const piece of redact(hashed(body, before))) {
      after.update(piece);
      yield piece;
    }
    if (before.digest("hex") !== after.digest("hex")) this.change();
  }

  /** Notes that the archive is not to stay as it came. */
  change(): void {
    this.#changed = true;
  }

  /** Passes on the redacted archive, or in its place the one that came. */
  async *orRedacted(redacted: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const held: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of redacted) {
      bytes += piece.length;
      if (bytes > HELD_BYTES) this.#drop();
      if (this.#pieces !== undefined && !this.#changed) held.push(piece);
      else {
        yield* held.splice(0);
        yield piece;
      }
    }
    yield* this.#changed || this.#pieces === undefined ? held : this.#pieces;
  }
}

function hashed(body: ReadableStream<Uint8Array>, hash: Hash): ReadableStream<Uint8Array> {
  return body.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        hash.update(chunk);
        controller.enqueue(chunk);
      },
    }),
  );
}
