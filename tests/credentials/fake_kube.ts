/** An API server that has Secrets and nothing else, and forbids those of `kube-system`.
 * @param secrets `data` by `namespace/name` */
export function startFakeKube(secrets: Record<string, Record<string, string>>): AsyncDisposable & { url: string } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const path = /^\/api\/v1\/namespaces\/([^/]+)\/secrets\/([^/]+)$/.exec(new URL(request.url).pathname);
    if (path === null || request.method !== "GET") return status(405);
    if (path[1] === "kube-system") return status(403);
    const data = secrets[`${path[1]}/${path[2]}`];
    if (data === undefined) return status(404);
    return Response.json({ kind: "Secret", apiVersion: "v1", metadata: { name: path[2], namespace: path[1] }, data });
  });
  return { url: `http://127.0.0.1:${server.addr.port}`, [Symbol.asyncDispose]: () => server.shutdown() };
}

function status(code: number): Response {
  return Response.json({ kind: "Status", apiVersion: "v1", status: "Failure", code }, { status: code });
}
