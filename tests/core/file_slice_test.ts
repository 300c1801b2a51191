import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { FileSlice } from "../../src/core/file_slice.ts";
import { traffic } from "../../src/core/traffic.ts";

const CONTENT = crypto.getRandomValues(new Uint8Array(60_000));

const SLICES: [what: string, start: number, bytes: number][] = [
  ["the whole file", 0, CONTENT.length],
  ["a stretch of it", 1000, 50_000],
  ["its end", 59_999, 1],
  ["nothing", 60_000, 0],
];
for (const [what, start, bytes] of SLICES) {
  withFile(`FileSlice sends ${what} with its length, however often`, async (path) => {
    const slice = new FileSlice({ path, start, bytes });
    for (let i = 0; i < 2; i++) {
      const before = traffic.sentBytes;
      const { length, body } = await received(slice);
      strictEqual(length, bytes === 0 ? null : String(bytes));
      deepStrictEqual(body, CONTENT.slice(start, start + bytes));
      strictEqual(traffic.sentBytes - before, bytes);
    }
    deepStrictEqual(await slice.bytes(), CONTENT.slice(start, start + bytes));
    deepStrictEqual(await slice.slice(-10, -5).bytes(), CONTENT.slice(start, start + bytes).slice(-10, -5));
  });
}

withFile("FileSlice waits before each piece", async (path) => {
  const pieces: number[] = [];
  const beforePiece = (bytes: number) => Promise.resolve(void pieces.push(bytes));
  await received(new FileSlice({ path, start: 0, bytes: CONTENT.length, beforePiece }));
  strictEqual(pieces.reduce((sum, bytes) => sum + bytes), CONTENT.length);
});

withFile("FileSlice fails when the file has become shorter", async (path) => {
  const slice = new FileSlice({ path, start: 0, bytes: CONTENT.length });
  await Deno.truncate(path, 100);
  await rejects(received(slice));
  await rejects(slice.bytes(), Deno.errors.UnexpectedEof);
});

async function received(body: Blob): Promise<{ length: string | null; body: Uint8Array }> {
  const arrived: { length: string | null; body: Uint8Array }[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, onError: () => new Response() },
    async (r) => {
      arrived.push({ length: r.headers.get("content-length"), body: await r.bytes() });
      return new Response();
    },
  );
  try {
    await (await fetch(`http://127.0.0.1:${server.addr.port}/`, { method: "PUT", body })).body?.cancel();
    return arrived[0]!;
  } finally {
    await server.shutdown();
  }
}

function withFile(name: string, fn: (path: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const path = await Deno.makeTempFile();
    try {
      await Deno.writeFile(path, CONTENT);
      await fn(path);
    } finally {
      await Deno.remove(path);
    }
  });
}
