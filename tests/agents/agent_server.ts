/** A real HTTP server in the place of Ollama or of a hosted agent, that remembers what it was sent. */
export interface AgentServer extends AsyncDisposable {
  url: URL;
  received: { method: string; path: string; headers: Headers; body: string }[];
}

/** @param answer gets the request and its number, from 1. What it never resolves ends with the server. */
export function startAgentServer(
  answer: (path: string, request: number, body: string) => Response | Promise<Response>,
): AgentServer {
  const received: AgentServer["received"] = [];
  const stopped = Promise.withResolvers<Response>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const path = new URL(request.url).pathname;
    const body = await request.text();
    received.push({ method: request.method, path, headers: request.headers, body });
    return await Promise.race([stopped.promise, answer(path, received.length, body)]);
  });
  return {
    url: new URL(`http://127.0.0.1:${server.addr.port}`),
    received,
    async [Symbol.asyncDispose]() {
      stopped.resolve(new Response(null, { status: 500 }));
      await server.shutdown();
    },
  };
}

/** Ollama as it answers: the models that it has, and what the model says. */
export function ollama(
  say: (request: number, body: string) => string | Response | Promise<Response>,
  models: string[] = ["llama2:7b"],
): Parameters<typeof startAgentServer>[0] {
  return async (path, request, body) => {
    if (path === "/api/tags") return Response.json({ models: models.map((name) => ({ name, model: name })) });
    if (path !== "/api/generate") return new Response("404 page not found", { status: 404 });
    const said = await say(request - 1, body);
    if (said instanceof Response) return said;
    return Response.json({ model: JSON.parse(body).model, response: said, done: true });
  };
}

export const json = (message: string, more: object = {}) =>
  JSON.stringify({ status: "fail", title: "t", message, ...more });

/** A server that promises a long answer, sends its beginning, and hangs up. */
export function startCuttingServer(): AsyncDisposable & { url: URL } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"models": [';
  const serving = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(4096));
      await connection.write(new TextEncoder().encode(head));
      connection.close();
    }
  })();
  return {
    url: new URL(`http://127.0.0.1:${listener.addr.port}`),
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}
