import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { connectKube } from "../../src/kube/connect.ts";
import { EXEC_PROTOCOLS, failureOf, streamExec } from "../../src/kube/exec_stream.ts";
import type { ExecTarget } from "../../src/kube/kube_client.ts";
import { type ExecServer, REFUSED_POD, type ServedExec, startExecServer } from "./exec_server.ts";

const target: ExecTarget = { namespace: "apps", pod: "web-0", container: "main", command: ["tar", "-cf", "-", "a b"] };
const CHUNK = new Uint8Array(64 * 1024).fill(7);

async function withServer(
  run: (exec: ServedExec) => Promise<void> | void,
  use: (kube: ReturnType<ExecServer["connect"]>, server: ExecServer) => Promise<void>,
  protocol?: string,
): Promise<void> {
  await using server = startExecServer(run, undefined, protocol);
  const kube = server.connect();
  try {
    await use(kube, server);
  } finally {
    kube.close();
  }
}

const text = (body: ReadableStream<Uint8Array>) => new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).text();

const behaviour: [name: string, run: (exec: ServedExec) => void, stdout: string, stderr: string, exitCode?: number][] =
  [
    [
      "hands on what a command prints",
      async (exec) => {
        await exec.stdout("one ");
        await exec.stdout("two");
        exec.exit(0);
      },
      "one two",
      "",
    ],
    [
      "keeps stderr apart, and tells the exit code",
      async (exec) => {
        exec.stderr("no such file\n");
        await exec.stdout("partial");
        exec.exit(2);
      },
      "partial",
      "no such file\n",
      2,
    ],
    ["takes a command that prints nothing", (exec) => exec.exit(0), "", ""],
    [
      "keeps the first 64 KiB of stderr",
      (exec) => {
        for (let i = 0; i < 3; i++) exec.stderr("x".repeat(30_000));
        exec.exit(0);
      },
      "",
      "x".repeat(65_536),
    ],
  ];
for (const [name, run, stdout, stderr, exitCode] of behaviour) {
  for (const protocol of EXEC_PROTOCOLS) {
    Deno.test(`KubeClient.execStream() ${name} (${protocol})`, () =>
      withServer(run, async (kube, server) => {
        const stream = await kube.execStream(target);
        strictEqual(await text(stream.stdout), stdout);
        const end = await stream.ended;
        strictEqual(new TextDecoder().decode(end.stderr), stderr);
        deepStrictEqual([end.failure?.exitCode, end.cancelled], [exitCode, false]);
        deepStrictEqual(server.commands, ["tar -cf - a b"]);
        strictEqual(kube.usage.bytes, stdout.length);
      }, protocol));
  }
}

Deno.test("KubeClient.execStream() fails where the connection breaks, and passes on what came before", () =>
  withServer(async (exec) => {
    await exec.stdout("before");
    exec.breakOff();
  }, async (kube) => {
    const { stdout, ended } = await kube.execStream(target);
    const reader = stdout.getReader();
    strictEqual(new TextDecoder().decode((await reader.read()).value), "before");
    await rejects(reader.read(), { code: "KUBE_EXEC_BROKEN", message: /WebSocket close 1011 broken off/ });
    await rejects(ended, { code: "KUBE_EXEC_BROKEN" });
  }));

Deno.test("KubeClient.execStream() fails with the signal's reason, before and after it is open", () =>
  withServer((exec) => exec.stdout("x"), async (kube) => {
    const stop = new AbortController();
    const { stdout, ended } = await kube.execStream(target, { signal: stop.signal });
    const reader = stdout.getReader();
    await reader.read();
    stop.abort(new Error("enough"));
    await rejects(reader.read(), /enough/);
    await rejects(ended, /enough/);
    await rejects(kube.execStream(target, { signal: stop.signal }), /enough/);
  }));

Deno.test("KubeClient.execStream() ends the connection when stdout is cancelled", async () => {
  const gone = Promise.withResolvers<void>();
  await withServer(async (exec) => {
    exec.gone.addEventListener("abort", () => gone.resolve());
    exec.stderr("note");
    while (!exec.gone.aborted) await exec.stdout(CHUNK);
  }, async (kube) => {
    const { stdout, ended } = await kube.execStream(target);
    const reader = stdout.getReader();
    await reader.read();
    await reader.cancel();
    const end = await ended;
    deepStrictEqual([new TextDecoder().decode(end.stderr), end.failure, end.cancelled], ["note", undefined, true]);
    await gone.promise;
  });
});

Deno.test("KubeClient.execStream() says why the server refused", async () => {
  await using server = startExecServer(
    () => {},
    () => Response.json({ kind: "Status", message: "not you", reason: "Forbidden" }, { status: 403 }),
  );
  const kube = server.connect();
  try {
    await rejects(kube.execStream({ ...target, pod: REFUSED_POD }), {
      code: "KUBE_FORBIDDEN",
      message: /answered 403 \(not you\)/,
    });
    deepStrictEqual(server.commands, []);
  } finally {
    kube.close();
  }
});

/** Sends as fast as the connection takes it, and counts. */
function flood(chunks: number, counter: { sent: number }) {
  return async (exec: ServedExec) => {
    for (let i = 0; i < chunks && !exec.gone.aborted; i++) {
      await exec.stdout(CHUNK);
      counter.sent += CHUNK.length;
    }
    exec.exit(0);
  };
}

/** Waits until a number has not changed for a while. */
async function standstill(counter: { sent: number }): Promise<number> {
  for (let before = -1; before !== counter.sent || before === 0;) {
    before = counter.sent;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return counter.sent;
}

Deno.test("KubeClient.execStream() holds the sender back while nobody reads, and loses nothing", async () => {
  const counter = { sent: 0 };
  const chunks = 1600; // 100 MiB
  await withServer(flood(chunks, counter), async (kube) => {
    const { stdout, ended } = await kube.execStream(target);
    const waiting = await standstill(counter);
    ok(waiting < 40 * 1024 * 1024, `the server could send ${waiting} bytes that nobody read`);
    let bytes = 0;
    for await (const chunk of stdout) bytes += chunk.length;
    strictEqual(bytes, chunks * CHUNK.length);
    strictEqual((await ended).failure, undefined);
  });
});

Deno.test("KubeClient.execStream() holds one stream back without the others", async () => {
  const counter = { sent: 0 };
  await withServer(
    (exec) => exec.pod === "slow" ? flood(1600, counter)(exec) : flood(160, { sent: 0 })(exec),
    async (kube) => {
      const slow = await kube.execStream({ ...target, pod: "slow" });
      await standstill(counter);
      const fast = await kube.execStream({ ...target, pod: "fast" });
      let bytes = 0;
      for await (const chunk of fast.stdout) bytes += chunk.length;
      strictEqual(bytes, 160 * CHUNK.length);
      await slow.stdout.cancel();
      strictEqual((await slow.ended).cancelled, true);
    },
  );
});

/** An HTTP proxy that passes everything on to one address. */
/** What Linux keeps of one connection, at most, on its way in and out. */
async function kernelBytes(): Promise<number> {
  const sizes = ["rmem", "wmem"].map((name) =>
    Deno.readTextFile(`/proc/sys/net/ipv4/tcp_${name}`).catch(() => "0 0 16777216")
  );
  return (await Promise.all(sizes)).reduce((sum, text) => sum + Number(text.trim().split(/\s+/)[2]), 0);
}

function startProxy(to: number): Disposable & { port: number; heads: string[] } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const heads: string[] = [];
  (async () => {
    for await (const near of listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: to });
      const head = new Uint8Array(8192);
      const request = head.subarray(0, await near.read(head) ?? 0);
      heads.push(new TextDecoder().decode(request).split("\r\n")[0]!);
      if (heads.at(-1)!.startsWith("CONNECT")) await near.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
      else await far.write(request);
      near.readable.pipeTo(far.writable).catch(() => {});
      far.readable.pipeTo(near.writable).catch(() => {});
    }
  })().catch(() => {});
  return { port: listener.addr.port, heads, [Symbol.dispose]: () => listener.close() };
}

Deno.test("KubeClient.execStream() goes through the proxy of the kubeconfig, and holds the sender back there too", async () => {
  const counter = { sent: 0 };
  await using server = startExecServer(flood(1600, counter));
  using proxy = startProxy(Number(new URL(server.server).port));
  const folder = await Deno.makeTempDir();
  const kubeconfig = `${folder}/config`;
  await Deno.writeTextFile(
    kubeconfig,
    JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "c" } }],
      users: [{ name: "c", user: {} }],
      clusters: [{
        name: "c",
        cluster: {
          server: "http://api.invalid:80",
          "proxy-url": `http://someone:${crypto.randomUUID()}@127.0.0.1:${proxy.port}`,
        },
      }],
    }),
  );
  const kube = connectKube({ kubeconfig }, {});
  try {
    const { stdout } = await kube.execStream(target);
    const waiting = await standstill(counter);
    // The proxy's other connection holds as much as the kernel lets it.
    const bound = 40 * 1024 * 1024 + await kernelBytes();
    ok(waiting < bound, `the server could send ${waiting} bytes that nobody read, more than ${bound}`);
    const reader = stdout.getReader();
    ok((await reader.read()).value!.length > 0, "it goes on");
    await reader.cancel();
    const through = /^(?:CONNECT api\.invalid:80 |GET http:\/\/api\.invalid(?::80)?\/api)/;
    ok(proxy.heads.some((head) => through.test(head)), proxy.heads.join());
    await standstill(counter);
  } finally {
    kube.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("streamExec() gives up a backlog of 64 MiB where it cannot hold the sender back", async () => {
  const counter = { sent: 0 };
  await using server = startExecServer(flood(3200, counter));
  const url = `${server.server.replace("http", "ws")}/api/v1/namespaces/apps/pods/web-0/exec?command=x`;
  const { stdout, ended } = await streamExec(new WebSocket(url, EXEC_PROTOCOLS));
  await rejects(ended, { code: "KUBE_EXEC_BROKEN", message: /it comes faster than it can be taken/ });
  await rejects(stdout.getReader().read(), /it comes faster/);
  await standstill(counter); // the client's close has come
});

const statuses: [name: string, status: Parameters<typeof failureOf>[0], expect: ReturnType<typeof failureOf>][] = [
  ["takes Success for no failure", { status: "Success" }, undefined],
  ["reads the exit code from the causes", {
    status: "Failure",
    message: "m",
    details: { causes: [{ reason: "ExitCode", message: "3" }] },
  }, { exitCode: 3, message: "m" }],
  ["reads the exit code from the message", { status: "Failure", message: "x: exit status 4" }, {
    exitCode: 4,
    message: "x: exit status 4",
  }],
  ["keeps a failure without an exit code", { status: "Failure", message: "no container" }, { message: "no container" }],
];
for (const [name, status, expect] of statuses) {
  Deno.test(`failureOf() ${name}`, () => deepStrictEqual(failureOf(status), expect));
}

const kubeconfig = Deno.env.get("TEST_KUBECONFIG") ?? "";
Deno.test({
  name: "KubeClient.execStream() streams out of a container over TLS, with the client certificate",
  ignore: kubeconfig === "",
  async fn() {
    const kube = connectKube({ kubeconfig }, {});
    try {
      let pod;
      for await (const { items } of kube.list("/api/v1/pods", { fieldSelector: "status.phase=Running" })) {
        pod ??= items.find(({ status }) => status.containerStatuses?.[0]?.ready);
      }
      ok(pod, "the cluster has a running pod");
      const { name, namespace = "" } = pod.metadata;
      const at = { namespace, pod: name, container: pod.spec.containers[0].name };
      const command = ["sh", "-c", "head -c 20000000 /dev/zero; echo done >&2; exit 3"];
      const { stdout, ended } = await kube.execStream({ ...at, command });
      let bytes = 0;
      for await (const chunk of stdout) bytes += chunk.length;
      const { stderr, failure } = await ended;
      deepStrictEqual([bytes, new TextDecoder().decode(stderr), failure?.exitCode], [20_000_000, "done\n", 3]);
      // It counts: the simulated kubelet does not hand on that there is no more.
      const told = await kube.exec({ ...at, command: ["head", "-c", "10"] }, {
        stdin: new TextEncoder().encode("to the end"),
      });
      deepStrictEqual(new TextDecoder().decode(told.stdout), "to the end");
      await rejects(
        kube.execStream({ ...at, container: "none", command }),
        /answered 400 \(container none is not valid/,
      );
      const nobody = connectKube({ kubeconfig, as: "nobody" }, {});
      await rejects(nobody.execStream({ ...at, command }), { code: "KUBE_FORBIDDEN" });
      nobody.close();
    } finally {
      kube.close();
    }
  },
});

const inputs: [name: string, stdin: string][] = [
  ["nothing", ""],
  ["a document", '{"kind":"HostCollector"}'],
  ["more than one frame holds", "é".repeat(100_000)],
];
for (const [name, stdin] of inputs) {
  Deno.test(`exec() gives a command ${name} to read, and its end`, async () => {
    await withServer(async (exec) => {
      await exec.stdout(await exec.stdin());
      exec.exit(0);
    }, async (kube) => {
      const { stdout, failure } = await kube.exec(target, { stdin: new TextEncoder().encode(stdin) });
      strictEqual(new TextDecoder().decode(stdout), stdin);
      strictEqual(failure, undefined);
    });
  });
}

Deno.test("exec() says that an older API server cannot hand on what a command shall read", async () => {
  await withServer(() => {}, async (kube) => {
    await rejects(kube.exec(target, { stdin: new Uint8Array(1) }), { code: "NOT_SUPPORTED", hint: /1\.30/ });
  }, "v4.channel.k8s.io");
});
