import { isAbort } from "../core/errors.ts";
import { StoreError } from "./store_error.ts";

/** Asks a KV server whether it is there and takes the token, with the first step of the KV Connect protocol. Deno's own
 * client asks a server that is not there again and again, without end and without an error.
 * @throws {StoreError} `STATE_UNREACHABLE`
 * @see https://github.com/denoland/denokv/blob/main/proto/kv-connect.md */
export async function probeKvServer(url: string, token: string | undefined, timeoutMs: number): Promise<void> {
  const unreachable = (why: string, hint: string, cause?: unknown) =>
    new StoreError(`The store ${url} cannot be reached: ${why}`, { cause, code: "STATE_UNREACHABLE", hint });
  if (token === undefined || token === "") {
    throw unreachable("there is no token for it", "Set DENO_KV_ACCESS_TOKEN to the KV server's token");
  }
  let status: number;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ supportedVersions: [1, 2, 3] }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    status = response.status;
    await response.body?.cancel();
  } catch (error) {
    throw unreachable(
      isAbort(error) ? "it does not answer" : "no connection",
      "Check the URL, and that the KV server runs",
      error,
    );
  }
  if (status === 401 || status === 403) {
    throw unreachable(`it refuses the token (${status})`, "Set DENO_KV_ACCESS_TOKEN to the KV server's token");
  }
  if (status !== 200) throw unreachable(`it answers ${status}`, "Check that the URL is that of a KV server");
}
