/** A real HTTP server on this machine that answers as specs' servers do, well and badly. */
export interface SpecServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  base: string;
  requests: { path: string; headers: Headers }[];
}

/** @param specs texts by path. Beside them: `/hang` never answers, `/drip` sends a byte and no more, `/status/N` answers N,
 * `/to?LOCATION` redirects there, `/loop` redirects to itself, `/page` is a web page, `/large` has no end
 * @param otherwise what happens to every other path */
export function startSpecServer(specs: Record<string, string>, otherwise: "missing" | "hang" = "missing"): SpecServer {
  const requests: SpecServer["requests"] = [];
  const closing = new AbortController();
  const hang = () =>
    new Promise<Response>((resolve) => {
      closing.signal.addEventListener("abort", () => resolve(new Response(null)), { once: true });
    });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: closing.signal, onError: () => new Response(null) },
    (request) => {
      const { pathname, search } = new URL(request.url);
      requests.push({ path: pathname + search, headers: request.headers });
      if (specs[pathname] !== undefined) return new Response(specs[pathname]);
      if (pathname.startsWith("/status/")) {
        const status = Number(pathname.slice(8));
        return new Response(status === 204 ? null : "trouble", { status });
      }
      switch (pathname) {
        case "/hang":
          return hang();
        case "/drip":
          return new Response(
            new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("a")) }),
          );
        case "/to":
          return new Response(null, { status: 302, headers: { location: decodeURIComponent(search.slice(1)) } });
        case "/loop":
          return new Response(null, { status: 307, headers: { location: "/loop" } });
        case "/page":
          return new Response("<!DOCTYPE html><html>log in</html>");
        case "/large":
          return new Response(
            new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1 << 20).fill(32)) }),
          );
        default:
          return otherwise === "hang" ? hang() : new Response("not here", { status: 404 });
      }
    },
  );
  return {
    base: `http://127.0.0.1:${server.addr.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await server.finished;
    },
  };
}
