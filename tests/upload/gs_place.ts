import type { Destination } from "../../src/upload/uploader.ts";
import { type GcsServer, startGcsServer } from "../fixtures/gcs_server.ts";
import { TEST_SERVICES } from "../fixtures/s3_server.ts";

/** A test with a server of its own, skipped where there is none. */
export function withServer(name: string, fn: (server: GcsServer, work: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore: TEST_SERVICES === undefined,
    async fn() {
      const server = await startGcsServer(TEST_SERVICES!);
      const work = await Deno.makeTempDir({ prefix: "gs-uploader-" });
      try {
        await fn(server, work);
      } finally {
        await server.stop();
        await Deno.remove(work, { recursive: true });
      }
    },
  });
}

/** A destination on the server, with the credentials of {@linkcode account}. */
export function to(server: GcsServer, path: string, options: Record<string, string> = {}): Destination {
  return {
    url: new URL(`gs://${server.bucket}/${path}`),
    options: { endpoint: server.endpoint, ...options },
    credentials: "env:ACCOUNT",
  };
}

export function account(server: GcsServer): Record<string, string> {
  return { ACCOUNT: JSON.stringify(server.serviceAccount) };
}
