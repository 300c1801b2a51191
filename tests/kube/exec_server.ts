import { openApi } from "./api_gateway.ts";
import { connectKube } from "../../src/kube/connect.ts";
import type { KubeClient } from "../../src/kube/kube_client.ts";

/** The server's end of one exec. */
export interface ServedExec {
  namespace: string;
  pod: string;
  container: string;
  command: string[];
  /** All that the command has to read, once it has ended. */
  stdin(): Promise<string>;
  /** Resolves when the connection has taken it. */
  stdout(bytes: Uint8Array | string): Promise<void>;
  stderr(text: string): void;
  /** Ends it as a command ends. */
  exit(code: number): void;
  /** Ends the connection without the command's status. */
  breakOff(): void;
  /** Aborted when the client went away. */
  gone: AbortSignal;
}

export interface ExecServer extends AsyncDisposable {
  server: string;
  /** The commands that came, as one line each. */
  commands: string[];
  connect(): KubeClient;
}

/** A pod of this name takes no commands: the server answers for it as it answers everything else. */
export const REFUSED_POD = "refused";
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const CLOSE = 255;
const MAX_BUFFERED = 1024 * 1024;

/** A server that runs no commands, and speaks the protocol in which kubelets stream them (`v5.channel.k8s.io`): for the
 * output that the simulated kubelet of the test cluster cannot have.
 *
 * @param run plays a command; what it throws becomes an exit with 1
 * @param answer answers everything that is no exec: lists of pods */
export function startExecServer(
  run: (exec: ServedExec) => Promise<void> | void,
  answer: (request: Request, path: string) => Response | Promise<Response> = () => new Response(null, { status: 404 }),
  protocol = "v5.channel.k8s.io",
): ExecServer {
  const commands: string[] = [];
  const sockets = new Set<WebSocket>();
  const runs = new Set<Promise<void>>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const exec = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/exec$/.exec(pathname);
    const refused = exec?.[2] === REFUSED_POD || request.headers.get("upgrade") !== "websocket";
    if (exec === null || refused) return answer(request, pathname);
    const { socket, response } = Deno.upgradeWebSocket(request, { protocol, idleTimeout: 0 });
    sockets.add(socket);
    const gone = new AbortController();
    const closed = new Promise<void>((resolve) => {
      socket.onclose = () => {
        sockets.delete(socket);
        gone.abort();
        resolve();
      };
      socket.onerror = (event) => event.preventDefault();
    });
    const input = Promise.withResolvers<string>();
    const decoder = new TextDecoder();
    let typed = "";
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      const frame = new Uint8Array(data as ArrayBuffer);
      if (frame[0] === STDIN) typed += decoder.decode(frame.subarray(1), { stream: true });
      else if (frame[0] === CLOSE && frame[1] === STDIN) input.resolve(typed);
    };
    const send = (channel: number, bytes: Uint8Array | string) => {
      if (socket.readyState !== WebSocket.OPEN) return;
      const body = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
      const frame = new Uint8Array(body.length + 1);
      frame[0] = channel;
      frame.set(body, 1);
      socket.send(frame);
    };
    const served: ServedExec = {
      namespace: exec[1]!,
      pod: exec[2]!,
      container: searchParams.get("container") ?? "",
      command: searchParams.getAll("command"),
      stdin: () => input.promise,
      async stdout(bytes) {
        send(STDOUT, bytes);
        while (socket.bufferedAmount > MAX_BUFFERED && !gone.signal.aborted) await soon();
      },
      stderr: (text) => send(STDERR, text),
      exit(code) {
        send(STATUS, JSON.stringify(code === 0 ? { status: "Success" } : exitStatus(code)));
        socket.close(1000);
      },
      breakOff: () => socket.close(1011, "broken off"),
      gone: gone.signal,
    };
    commands.push(served.command.join(" "));
    socket.onopen = () => {
      const played = (async () => {
        try {
          await run(served);
        } catch {
          served.exit(1);
        }
        await closed;
      })();
      runs.add(played);
    };
    return response;
  });
  const address = `http://127.0.0.1:${server.addr.port}`;
  return {
    server: address,
    commands,
    connect: () => connectKube({ server: address }, { HOME: "/nonexistent" }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.close();
      await Promise.all(runs);
      await server.shutdown();
    },
  };
}

/** A PodList, as the API server answers. */
export function podList(pods: PodLike[]): Response {
  const items = pods.map((
    { name, namespace = "apps", labels, containers = ["main"], phase = "Running", node = "node-1" },
  ) => ({
    metadata: { name, namespace, labels, uid: `uid-of-${name}` },
    spec: { nodeName: node, containers: containers.map((name) => ({ name })) },
    status: { phase },
  }));
  return Response.json({ kind: "PodList", apiVersion: "v1", metadata: {}, items });
}

interface PodLike {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  containers?: string[];
  phase?: string;
  node?: string;
}

function exitStatus(code: number) {
  return {
    status: "Failure",
    reason: "NonZeroExitCode",
    message: `command terminated with non-zero exit code: exit status ${code}`,
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  };
}

const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

/** Runs against the API server of `TEST_KUBECONFIG`, where everything is real but the commands in containers.
 * @param run plays a command
 * @param interfere may change what the API server answers */
export async function withPlayedExec(
  kubeconfig: string,
  run: (exec: ServedExec) => Promise<void> | void,
  use: (kube: KubeClient, commands: string[]) => Promise<void>,
  interfere: (request: Request, real: Response) => Response | Promise<Response> = (_, real) => real,
): Promise<void> {
  const api = await openApi(kubeconfig);
  try {
    await using server = startExecServer(run, async (request) => {
      const { pathname, search } = new URL(request.url);
      const body = request.method === "GET" ? undefined : await request.text();
      const real = await api.request(pathname + search, { method: request.method, body });
      const headers = { "content-type": "application/json" };
      return await interfere(request, new Response(real.body, { status: real.status, headers }));
    });
    const kube = server.connect();
    try {
      await use(kube, server.commands);
    } finally {
      kube.close();
    }
  } finally {
    api.close();
  }
}
