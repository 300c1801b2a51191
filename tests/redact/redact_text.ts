import { Buffer } from "node:buffer";
import type { Redaction, Redactor } from "../../src/redact/redactor.ts";

/** Chunks of a stream, cut where the caller wants. */
export function streamOf(bytes: Uint8Array, chunkSizes: number[] = [bytes.length || 1]): ReadableStream<Uint8Array> {
  let at = 0, n = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const size = chunkSizes[n++ % chunkSizes.length]!;
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

export async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export interface Redacted {
  bytes: Uint8Array;
  text: string;
  report: Redaction[];
}

export async function redactBytes(
  redactor: Redactor,
  path: string,
  bytes: Uint8Array,
  chunks?: number[],
): Promise<Redacted> {
  let report: Redaction[] | undefined;
  const out = await bytesOf(
    redactor.redact(path, streamOf(bytes, chunks), (found) => {
      if (report !== undefined) throw new Error("reported twice");
      report = found;
    }),
  );
  if (report === undefined) throw new Error("not reported");
  return { bytes: out, text: Buffer.from(out).toString("utf8"), report };
}

export function redactText(redactor: Redactor, text: string, path = "a/b.log"): Promise<Redacted> {
  return redactBytes(redactor, path, new TextEncoder().encode(text));
}
