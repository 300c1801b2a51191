import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { checkAccess, deniedMessage } from "../../src/kube/access.ts";
import {
  KubeApiError,
  KubeconfigError,
  KubeForbiddenError,
  KubeNotFoundError,
  KubeUnreachableError,
} from "../../src/kube/errors.ts";
import type { KubeOptions } from "../../src/kube/kube_client.ts";
import { openApi, refusal, startGateway } from "./api_gateway.ts";
import { clusterTest, kubeconfig, withKube } from "./with_kube.ts";

interface Failure {
  kind: new (...args: never[]) => Error;
  exitCode: number;
  message: RegExp;
  hint?: RegExp;
}

const failures: [name: string, options: KubeOptions, path: string, expected: Failure][] = [
  ["names what is forbidden", { as: "nobody" }, "/api/v1/namespaces/x/pods", {
    kind: KubeForbiddenError,
    exitCode: 6,
    message: /^Cannot list "pods" in namespace "x": the API server answered 403 \(pods is forbidden: User "nobody"/,
    hint: /Grant/,
  }],
  ["names what does not exist", {}, "/api/v1/namespaces/nowhere", {
    kind: KubeNotFoundError,
    exitCode: 6,
    message: /^Cannot get "namespaces" "nowhere": the API server answered 404 /,
  }],
  ["names a resource that the server does not have", {}, "/apis/none.example.com/v1/things", {
    kind: KubeNotFoundError,
    exitCode: 6,
    message: /^Cannot list "things": the API server answered 404/,
  }],
  ["tells other statuses", {}, "/api/v1/pods?fieldSelector=nonsense", {
    kind: KubeApiError,
    exitCode: 6,
    message: /answered 400/,
  }],
  ["says that nothing listens", { server: "https://127.0.0.1:9" }, "/version", {
    kind: KubeUnreachableError,
    exitCode: 6,
    message: /^Cannot reach the API server https:\/\/127\.0\.0\.1:9: .*refused/,
  }],
  ["verifies the server's name", { tlsServerName: "elsewhere.example" }, "/version", {
    kind: KubeUnreachableError,
    exitCode: 6,
    message: /: certificate not valid for name/,
    hint: /--tls-server-name/,
  }],
  ["says that a file is missing", { certificateAuthority: "/nonexistent/ca.crt" }, "/version", {
    kind: KubeconfigError,
    exitCode: 1,
    message: /Cannot read the certificate authority \/nonexistent\/ca\.crt/,
  }],
];
for (const [name, options, path, { kind, exitCode, message, hint }] of failures) {
  clusterTest(
    `KubeClient.get() ${name}`,
    () =>
      withKube(
        options,
        (kube) =>
          rejects(() => kube.get(path), (error: Error & { exitCode?: number; hint?: string }) => {
            ok(error instanceof kind, error.stack);
            ok(message.test(error.message), error.message);
            strictEqual(error.exitCode, exitCode);
            if (hint) ok(hint.test(error.hint ?? ""), error.hint);
            return true;
          }),
      ),
  );
}

const ways: [name: string, options: KubeOptions][] = [
  ["with the client certificate of the kubeconfig", {}],
  ["under another name of the server's certificate", { tlsServerName: "kubernetes.default.svc" }],
  ["without verifying the server, when told so", { insecureSkipTlsVerify: true, certificateAuthority: undefined }],
];
for (const [name, options] of ways) {
  const unsupported = Deno.build.os === "windows" && name.includes("server");
  Deno.test({
    name: `KubeClient.get() connects ${name}`,
    ignore: kubeconfig === "" || unsupported,
    fn: () =>
      withKube(options, async (kube) => {
        const { gitVersion } = await kube.get<{ gitVersion: string }>("/version");
        ok(gitVersion.startsWith("v1."));
        deepStrictEqual(kube.usage.requests, 1);
        ok(kube.usage.bytes > 100);
      }),
  });
}

clusterTest(
  "KubeClient.get() speaks as the user it impersonates, and as its groups",
  () =>
    withKube({ as: "jane", asGroup: ["devs"], asUserExtra: ["team=x"] }, async (kube) => {
      const review = await kube.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", {
        apiVersion: "authentication.k8s.io/v1",
        kind: "SelfSubjectReview",
      });
      const { username, groups, extra } = review.status.userInfo;
      strictEqual(username, "jane");
      ok(groups.includes("devs"));
      deepStrictEqual(extra.team, ["x"]);
    }),
);

clusterTest("KubeClient.get() uses a service account's token, and says when one is not accepted", async () => {
  const api = await openApi(kubeconfig);
  const { cluster } = await import("../../src/kube/kubeconfig.ts").then((m) => m.findKubeTarget({ kubeconfig }, {}));
  const folder = await Deno.makeTempDir();
  try {
    const granted = await api.send("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: 600 },
    }) as { status: { token: string } };
    const config = (user: object) => ({
      "current-context": "t",
      clusters: [{ name: "t", cluster }],
      users: [{ name: "t", user }],
      contexts: [{ name: "t", context: { cluster: "t", user: "t", namespace: "shop" } }],
    });
    const path = `${folder}/config`;
    await Deno.writeTextFile(path, JSON.stringify(config({ token: granted.status.token })));
    await withKube({ kubeconfig: path }, async (kube) => {
      strictEqual(await kube.contextNamespace(), "shop");
      await kube.get("/version");
      await rejects(() => kube.get("/api/v1/nodes"), /User "system:serviceaccount:default:default" cannot list/);
    });

    // A refused token is read anew once: the file may have been renewed.
    const tokenFile = `${folder}/token`;
    await Deno.writeTextFile(tokenFile, "outdated");
    await Deno.writeTextFile(path, JSON.stringify(config({ tokenFile })));
    await withKube({ kubeconfig: path }, async (kube) => {
      await rejects(() => kube.get("/api/v1/nodes"), (error: KubeForbiddenError) => {
        strictEqual(error.code, "KUBE_UNAUTHORIZED");
        return /answered 401, it does not accept these credentials/.test(error.message);
      });
      await Deno.writeTextFile(tokenFile, granted.status.token);
      await rejects(() => kube.get("/api/v1/nodes"), /User "system:serviceaccount:default:default"/);
    });
  } finally {
    api.close();
    await Deno.remove(folder, { recursive: true });
  }
});

clusterTest("KubeClient.list() reads pages of 500 until there are no more", async () => {
  const namespace = `list-${crypto.randomUUID().slice(0, 8)}`;
  const api = await openApi(kubeconfig);
  try {
    await api.send("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
    const names = Array.from({ length: 503 }, (_, i) => `c-${String(i).padStart(3, "0")}`);
    for (let i = 0; i < names.length; i += 50) {
      await Promise.all(
        names.slice(i, i + 50).map((name) =>
          api.send("POST", `/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name, labels: { a: "b" } } })
        ),
      );
    }
    await withKube({}, async (kube) => {
      const pages: string[][] = [];
      for await (
        const page of kube.list(`/api/v1/namespaces/${namespace}/configmaps`, { labelSelector: "a=b" })
      ) {
        strictEqual(page.kind, "ConfigMapList");
        pages.push(page.items.map((item) => item.metadata.name));
      }
      deepStrictEqual(pages.map((page) => page.length), [500, 3]);
      deepStrictEqual(pages.flat(), names);
    });

    // The server forgets where a list was after some minutes: it is read again from its start, and nothing comes twice.
    await using gateway = await startGateway(
      kubeconfig,
      (_, number) => number === 2 ? refusal(410, {}, { reason: "Expired" }) : undefined,
    );
    await withKube({ server: gateway.server }, async (kube) => {
      const found: string[] = [];
      for await (const page of kube.list(`/api/v1/namespaces/${namespace}/configmaps`, { labelSelector: "a=b" })) {
        found.push(...page.items.map((item) => item.metadata.name));
      }
      deepStrictEqual(found, names);
      strictEqual(gateway.requests.length, 4);
    });
  } finally {
    await api.send("DELETE", `/api/v1/namespaces/${namespace}`);
    api.close();
  }
});

clusterTest("KubeClient.list() gives up when the list expires again", async () => {
  await using gateway = await startGateway(
    kubeconfig,
    (request) =>
      new URL(request.url).searchParams.has("continue")
        ? refusal(410)
        : Response.json({ kind: "PodList", apiVersion: "v1", metadata: { continue: "more" }, items: [] }),
  );
  await withKube({ server: gateway.server }, async (kube) => {
    await rejects(() => Array.fromAsync(kube.list("/api/v1/pods")), /Cannot list "pods": the API server answered 410/);
    strictEqual(gateway.requests.length, 4);
  });
});

clusterTest("KubeClient.get() ends at once when its signal is aborted, and at the request's own deadline", async () => {
  const held = Promise.withResolvers<void>();
  await using gateway = await startGateway(kubeconfig, () => held.promise.then(() => refusal(500)));
  try {
    await withKube({ server: gateway.server }, async (kube) => {
      const stop = new AbortController();
      const waiting = rejects(() => kube.get("/version", { signal: stop.signal }), /changed my mind/);
      while (gateway.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      stop.abort(new Error("changed my mind"));
      await waiting;
    });
    await withKube(
      { server: gateway.server, requestTimeoutMs: 20 },
      (kube) => rejects(() => kube.get("/version"), (error: Error) => error.name === "TimeoutError"),
    );
  } finally {
    held.resolve();
  }
});

clusterTest("KubeClient.stream() and exec() reach the containers of a pod", () =>
  withKube({}, async (kube) => {
    let pod;
    for await (const page of kube.list("/api/v1/pods", { fieldSelector: "status.phase=Running" })) {
      pod ??= page.items.find((item) => item.status.containerStatuses?.[0]?.ready);
    }
    ok(pod, "the cluster has a running pod");
    const { name, namespace = "" } = pod.metadata;
    const container = pod.spec.containers[0].name;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/log`;
    const before = kube.usage.bytes;
    const log = await new Response(
      await kube.stream(path, { query: { container, tailLines: 3 } }) as ReadableStream<Uint8Array<ArrayBuffer>>,
    ).text();
    strictEqual(log.trimEnd().split("\n").length, 3);
    strictEqual(kube.usage.bytes - before, new TextEncoder().encode(log).length);
    await rejects(
      () => kube.stream(path, { query: { container: "none" } }),
      /answered 400 \(container none is not valid/,
    );
    const abandoned = await kube.stream(path, { query: { container } });
    await abandoned.cancel();

    const run = async (command: string[], options: { maxBytes?: number; signal?: AbortSignal } = {}) => {
      const result = await kube.exec({ namespace, pod: name, container, command }, options);
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { ...result, stdout: text(result.stdout), stderr: text(result.stderr) };
    };
    deepStrictEqual(await run(["echo", "a  b&c"]), {
      stdout: "a  b&c\n",
      stderr: "",
      failure: undefined,
      truncated: false,
    });
    const failed = await run(["sh", "-c", "echo out; echo err >&2; exit 3"]);
    deepStrictEqual([failed.stdout, failed.stderr, failed.failure?.exitCode], ["out\n", "err\n", 3]);
    const cut = await run(["sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x"], { maxBytes: 1000 });
    deepStrictEqual([cut.stdout, cut.truncated, cut.failure], ["x".repeat(1000), true, undefined]);
    const stop = new AbortController();
    const endless = rejects(() => run(["sleep", "60"], { signal: stop.signal }), /enough/);
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await endless;
    await rejects(
      () => kube.exec({ namespace, pod: name, container: "none", command: ["true"] }),
      /Cannot create "pods\/exec" .* answered 400 \(container none is not valid/,
    );
    await withKube({ as: "nobody" }, (nobody) =>
      rejects(() => nobody.exec({ namespace, pod: name, container, command: ["true"] }), KubeForbiddenError));
  }));

clusterTest("checkAccess() answers for each need, in order", async () => {
  const needs = [
    { verb: "list", resource: "pods", namespace: "default" },
    { verb: "get", resource: "pods", subresource: "log", namespace: "default" },
    { verb: "list", resource: "nodes" },
    { verb: "list", resource: "pods", namespace: "default" },
  ];
  await withKube({}, async (kube) => {
    deepStrictEqual(await checkAccess(kube, needs), needs.map((need) => ({ need, allowed: true })));
    strictEqual(kube.usage.requests, 3, "equal needs are asked once");
  });
  await withKube({ as: "nobody" }, async (kube) => {
    const answers = await checkAccess(kube, needs);
    deepStrictEqual(answers.map(({ allowed }) => allowed), [false, false, false, false]);
    deepStrictEqual(answers.slice(1, 3).map(({ need }) => deniedMessage("logs/x", need)), [
      'cannot collect logs/x: action "get" is not allowed on resource "pods/log" in the "default" namespace',
      'cannot collect logs/x: action "list" is not allowed on resource "nodes" at the cluster scope',
    ]);
  });
});
