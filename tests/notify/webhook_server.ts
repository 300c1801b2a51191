/** A real HTTP server that remembers what it was sent and answers as it is told. */
export interface WebhookServer {
  url: string;
  received: { method: string; path: string; headers: Headers; body: string }[];
  stop(): Promise<void>;
}

/** @param answer gets the number of the request, from 1. What it never resolves ends with the server. */
export function startWebhookServer(
  answer: (request: number, path: string) => Response | Promise<Response>,
): WebhookServer {
  const received: WebhookServer["received"] = [];
  const stopping = new AbortController();
  const stopped = new Promise<Response>((resolve) =>
    stopping.signal.addEventListener("abort", () => resolve(new Response(null, { status: 500 })))
  );
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const path = new URL(request.url).pathname;
    received.push({ method: request.method, path, headers: request.headers, body: await request.text() });
    return await Promise.race([stopped, answer(received.length, path)]);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    received,
    async stop() {
      stopping.abort();
      await server.shutdown();
    },
  };
}
