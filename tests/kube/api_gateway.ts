import { findKubeTarget } from "../../src/kube/kubeconfig.ts";
import { openTransport, type Transport } from "../../src/kube/transport.ts";

/** Sends anything to the API server of `TEST_KUBECONFIG`, as its administrator: what the client under test cannot. */
export async function openApi(kubeconfig: string): Promise<
  Transport & { send(method: string, path: string, body?: unknown): Promise<unknown> }
> {
  const transport = await openTransport(await findKubeTarget({ kubeconfig }, {}), {});
  return {
    ...transport,
    async send(method, path, body) {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const response = await transport.request(path, { method, body: text });
      const answer = await response.json();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer.message}`);
      return answer;
    },
  };
}

/** Stands between a client and the real API server, and lets `interfere` answer instead of it.
 * @param interfere is asked for each request; undefined lets it pass
 * @returns the address for `--server`, and the requests that came */
export async function startGateway(
  kubeconfig: string,
  interfere: (request: Request, number: number) => Response | undefined | Promise<Response | undefined>,
): Promise<AsyncDisposable & { server: string; requests: { path: string; headers: Headers }[] }> {
  const api = await openApi(kubeconfig);
  const requests: { path: string; headers: Headers }[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    requests.push({ path: pathname + search, headers: request.headers });
    const answer = await interfere(request, requests.length);
    if (answer !== undefined) return answer;
    const body = request.method === "POST" ? await request.text() : undefined;
    const real = await api.request(pathname + search, { method: request.method, body });
    return new Response(real.body, { status: real.status, headers: { "content-type": "application/json" } });
  });
  return {
    server: `http://127.0.0.1:${server.addr.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      api.close();
    },
  };
}

/** A Status object, as the API server refuses with. */
export function refusal(status: number, headers: Record<string, string> = {}, more: object = {}): Response {
  return Response.json({ kind: "Status", status: "Failure", message: `refused by the test`, code: status, ...more }, {
    status,
    headers,
  });
}
