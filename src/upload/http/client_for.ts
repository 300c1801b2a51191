import { denoProxy, environmentProxy } from "../../core/environment_proxy.ts";
import { createExactHttpClient } from "../../core/http_client.ts";

/** An HTTP client for the server of a URL, by the proxy that the environment names for it.
 * @param caCerts PEM; trusted beside the system's */
export function clientFor(
  url: URL,
  env: Readonly<Record<string, string>>,
  caCerts: string[] | undefined,
): Deno.HttpClient {
  const proxy = environmentProxy(url, env);
  return createExactHttpClient({ caCerts, proxy: proxy === undefined ? undefined : denoProxy(proxy.url) });
}
