import type { Destination } from "../../src/upload/uploader.ts";
import { AZURITE, type Azurite, type AzuriteContainer, startAzurite } from "../fixtures/azurite_server.ts";
import { type InterceptingServer, startInterceptingServer } from "../fixtures/intercepting_server.ts";

/** One for all tests of a file: it takes two seconds to start. */
const azurite = AZURITE === undefined ? undefined : await startAzurite(AZURITE);

export const ignore = azurite === undefined;

/** A container of its own for one test, behind a door that can answer instead. */
export interface AzblobPlace {
  azurite: Azurite;
  container: AzuriteContainer;
  door: InterceptingServer;
  /** A destination in the container, with the credentials of `env:KEY`. */
  to(path: string, options?: Record<string, string>): Destination;
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** @param own default: the one of all tests */
export async function openPlace(own?: Azurite): Promise<AzblobPlace> {
  const server = own ?? azurite!;
  const { account, endpoint, key } = server;
  const container = await server.addContainer();
  const door = startInterceptingServer(new URL(endpoint).origin);
  return {
    azurite: server,
    container,
    door,
    to: (path, options = {}) => ({
      url: new URL(`azblob://${container.name}/${path}`),
      options: { endpoint: `http://127.0.0.1:${door.port}/${account}`, account, ...options },
      credentials: "env:KEY",
    }),
    env: { KEY: key },
    stop: () => door.stop(),
  };
}

/** A test with a container of its own, skipped where there is no Azurite. */
export function withContainer(name: string, fn: (place: AzblobPlace, work: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      const place = await openPlace();
      const work = await Deno.makeTempDir({ prefix: "azblob-uploader-" });
      try {
        await fn(place, work);
      } finally {
        await place.stop();
        await Deno.remove(work, { recursive: true });
      }
    },
  });
}
