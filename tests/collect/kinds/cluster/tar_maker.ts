import { createTarPacker, type TarHeader } from "modern-tar";

/** One thing in an archive; `body` alone makes it a file. */
export interface TarItem extends Partial<TarHeader> {
  name: string;
  body?: string | Uint8Array;
}

/** An archive of anything, hostile things too, as bytes. */
export async function makeTar(items: TarItem[]): Promise<Uint8Array<ArrayBuffer>> {
  const { readable, controller } = createTarPacker();
  const packed = new Response(readable).bytes();
  for (const { body = "", ...header } of items) {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const writer = controller.add({ mtime: new Date(0), ...header, size: bytes.length }).getWriter();
    if (bytes.length > 0) await writer.write(bytes);
    await writer.close();
  }
  controller.finalize();
  return await packed;
}

export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
}
