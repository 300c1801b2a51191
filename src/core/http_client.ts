const VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]);

/** Makes an HTTP client that goes the way its options say, and no other.
 *
 * `Deno.createHttpClient` adds the proxies of the environment, and what `NO_PROXY` matches passes by the proxy of the
 * options too: a request in the clear, meant for a relay on this machine, would go to the server itself. Deno reads those
 * variables when the client is made, so they are out of its sight for that moment; nothing else runs in between. */
export function createExactHttpClient(
  options: Deno.CreateHttpClientOptions | (Deno.CreateHttpClientOptions & Deno.TlsCertifiedKeyPem),
): Deno.HttpClient {
  const hidden = new Map<string, string>();
  for (const name of VARIABLES) {
    const value = Deno.env.get(name);
    if (value !== undefined) hidden.set(name, value);
  }
  try {
    for (const name of hidden.keys()) Deno.env.delete(name);
    return Deno.createHttpClient(options);
  } finally {
    for (const [name, value] of hidden) Deno.env.set(name, value);
  }
}
