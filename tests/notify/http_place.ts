import type { NotifyTarget } from "../../src/notify/notifier.ts";
import type { Answer, NotifierPlace } from "../contracts/notifier_contract.ts";
import { makeCertificates } from "../fixtures/certificates.ts";
import { freePort } from "../fixtures/server_process.ts";

export interface HttpPlace extends NotifierPlace {
  answer(...answers: Answer[]): void;
  received(): string[];
  requests: { method: string; url: URL; headers: Headers; body: string }[];
}

/** A receiver that speaks HTTP. What it takes is in `received` as `METHOD /path?query`, an empty line and the body.
 * @param targetOf makes the target of the receiver's origin
 * @param env what the target's references name; its values are secrets
 * @param answers what it says instead of `200 ok`, `429`, `500`, `400` and `401` */
export function httpPlace(
  targetOf: (origin: string, secretPath: string, env: Record<string, string>) => NotifyTarget,
  answers: Partial<Record<Answer, (request: Request, body: string) => Response>> = {},
  tls: { cert?: string; key?: string } = {},
): HttpPlace {
  const requests: HttpPlace["requests"] = [];
  const received: string[] = [];
  let coming: Answer[] = ["takes"];
  const stopping = Promise.withResolvers<Response>();
  const handler = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const body = await request.text();
    requests.push({ method: request.method, url, headers: request.headers, body });
    const answer = coming.length > 1 ? coming.shift()! : coming[0]!;
    if (answer === "takes") received.push(`${request.method} ${url.pathname}${url.search}\n\n${body}`);
    if (answer === "silent") return await stopping.promise;
    return (answers[answer] ?? DEFAULTS[answer])(request, body);
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {}, ...tls } as Deno.ServeTcpOptions, handler);
  const origin = `${tls.cert === undefined ? "http" : "https"}://127.0.0.1:${server.addr.port}`;
  const secretPath = `/${crypto.randomUUID()}`;
  const env: Record<string, string> = {};
  const target = targetOf(origin, secretPath, env);
  return {
    target,
    env,
    secrets: [secretPath.slice(1), ...Object.values(env)],
    requests,
    answer: (...answers) => void (coming = answers),
    tries: () => requests.length,
    received: () => received,
    async close() {
      stopping.resolve(new Response(null, { status: 500 }));
      await server.shutdown();
    },
  };
}

/** As {@linkcode httpPlace}, over TLS with a certificate that nobody vouches for. */
export async function untrustedPlace(targetOf: Parameters<typeof httpPlace>[0]): Promise<HttpPlace> {
  return httpPlace(targetOf, {}, (await makeCertificates()).server);
}

/** The same URL at a port where nobody listens. */
export function elsewhere(url: string): string {
  const other = new URL(url);
  other.port = String(freePort());
  return other.href;
}

const DEFAULTS: Record<Exclude<Answer, "silent">, (request: Request, body: string) => Response> = {
  takes: () => new Response("ok"),
  busy: () => new Response("wait", { status: 429, headers: { "Retry-After": "17" } }),
  broken: () => new Response("broken", { status: 500 }),
  // A server that repeats what it was sent, credentials and all.
  refuses: (request, body) => new Response(echo(request, body), { status: 400 }),
  "wrong-credentials": (request, body) => new Response(echo(request, body), { status: 401 }),
};

function echo(request: Request, body: string): string {
  const said = `${request.url} ${request.headers.get("authorization") ?? ""} ${body}`;
  return JSON.stringify({ message: said, error: { message: said } }).slice(0, 4000);
}
