import { deepStrictEqual, equal, match, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { systemClock } from "../../src/core/clock.ts";
import { connectKube } from "../../src/kube/connect.ts";
import type { KubeOptions } from "../../src/kube/kube_client.ts";
import { readSecretValues } from "../../src/pipeline/secret_values.ts";
import { KnownValues } from "../../src/redact/values/known_values.ts";
import { createLimitedAccount, type LimitedAccount } from "../fixtures/service_account.ts";
import { openApi, refusal, startGateway } from "../kube/api_gateway.ts";
import { ManualClock } from "../manual_clock.ts";

const ADMIN = Deno.env.get("TEST_KUBECONFIG") ?? "";
const ignore = ADMIN === "";
const READER = [{ apiGroups: [""], resources: ["secrets"], verbs: ["get", "list"] }];

const randomValue = () => `Rv-${crypto.randomUUID().replaceAll("-", "X9")}`;

function secret(namespace: string, name: string, value: string, more: object = {}) {
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, stringData: { password: value }, ...more };
}

function role({ namespace }: LimitedAccount): object[] {
  const apiGroup = "rbac.authorization.k8s.io", metadata = { name: "reader", namespace };
  return [
    { apiVersion: `${apiGroup}/v1`, kind: "Role", metadata, rules: READER },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup, kind: "Role", name: "reader" },
      subjects: [{ kind: "ServiceAccount", name: "collector", namespace }],
    },
  ];
}

interface Read {
  has(value: string): boolean;
  shortfall: string | undefined;
  requests: number;
}

async function read(
  kubeOptions: KubeOptions,
  { namespace, clock = systemClock, signal = new AbortController().signal }: {
    namespace?: string;
    clock?: typeof systemClock;
    signal?: AbortSignal;
  } = {},
): Promise<Read> {
  const kube = connectKube(kubeOptions, {});
  try {
    const values = new KnownValues();
    const shortfall = await readSecretValues(kube, values, { clock, signal, namespace });
    const texts = new Set([...values.texts()].map(([text]) => text));
    return { has: (value) => texts.has(value), shortfall, requests: kube.usage.requests };
  } finally {
    kube.close();
  }
}

Deno.test({
  name: "readSecretValues() reads all Secrets of a cluster, in two lists and a question",
  ignore,
  fn: async () => {
    await using account = await createLimitedAccount(ADMIN);
    const value = randomValue();
    await account.apply([secret(account.namespace, "s", value)]);
    const { has, shortfall, requests } = await read({ kubeconfig: ADMIN });
    ok(has(value));
    equal(shortfall, undefined);
    equal(requests, 3);
  },
});

Deno.test({
  name: "readSecretValues() reads what the account may, and says where it may not",
  ignore,
  fn: async () => {
    await using account = await createLimitedAccount(ADMIN);
    await using other = await createLimitedAccount(ADMIN);
    const value = randomValue(), hidden = randomValue();
    await account.apply([secret(account.namespace, "s", value)]);
    await other.apply([secret(other.namespace, "s", hidden)]);
    const { kubeconfig, namespace } = account;

    const nothing = await read({ kubeconfig });
    equal(nothing.shortfall, "values of Secrets were not scrubbed: forbidden");

    await account.apply(role(account));
    const own = await read({ kubeconfig });
    equal(own.shortfall, `values of some Secrets were not scrubbed: forbidden outside of namespace "${namespace}"`);
    ok(own.has(value) && !own.has(hidden));

    const named = await read({ kubeconfig }, { namespace });
    equal(named.shortfall, undefined);
    ok(named.has(value));

    const apiGroup = "rbac.authorization.k8s.io", name = `scrub-${namespace}`;
    await account.apply([
      {
        apiVersion: `${apiGroup}/v1`,
        kind: "ClusterRole",
        metadata: { name },
        rules: [{ apiGroups: [""], resources: ["namespaces"], verbs: ["list"] }],
      },
      {
        apiVersion: `${apiGroup}/v1`,
        kind: "ClusterRoleBinding",
        metadata: { name },
        roleRef: { apiGroup, kind: "ClusterRole", name },
        subjects: [{ kind: "ServiceAccount", name: "collector", namespace }],
      },
    ]);
    const some = await read({ kubeconfig });
    match(some.shortfall!, /^values of some Secrets were not scrubbed: forbidden in \d+ of \d+ namespaces$/);
    ok(some.has(value) && !some.has(hidden));
  },
});

Deno.test({
  name: "readSecretValues() takes what users set for a Helm release, of the one that is deployed",
  ignore,
  fn: async () => {
    await using account = await createLimitedAccount(ADMIN);
    const { namespace } = account;
    const record = (status: string, password: string) => {
      const release = {
        name: "shop",
        version: 1,
        config: { db: { password, host: "db.shop.svc" } },
        chart: { values: { db: { password: "chart-Default-9" } } },
      };
      const payload = gzipSync(JSON.stringify(release)).toString("base64");
      return secret(namespace, `sh.helm.release.v1.shop.${status}`, "", {
        type: "helm.sh/release.v1",
        metadata: { name: `sh.helm.release.v1.shop.${status}`, namespace, labels: { owner: "helm", status } },
        stringData: undefined,
        data: { release: Buffer.from(payload).toString("base64") },
      });
    };
    const deployed = randomValue(), superseded = randomValue();
    await account.apply([record("deployed", deployed), record("superseded", superseded)]);
    const { has } = await read({ kubeconfig: ADMIN }, { namespace });
    deepStrictEqual([deployed, superseded, "chart-Default-9"].map(has), [true, false, false]);
  },
});

Deno.test({
  name: "readSecretValues() reads lists page by page",
  ignore,
  fn: async () => {
    await using account = await createLimitedAccount(ADMIN);
    const values = Array.from({ length: 5 }, randomValue);
    await account.apply(values.map((value, i) => secret(account.namespace, `s${i}`, value)));
    const api = await openApi(ADMIN);
    try {
      await using gateway = await startGateway(ADMIN, async (request) => {
        const url = new URL(request.url);
        if (url.searchParams.get("limit") !== "500") return undefined;
        url.searchParams.set("limit", "2");
        return Response.json(await api.send("GET", url.pathname + url.search));
      });
      const { has, shortfall } = await read({ server: gateway.server }, { namespace: account.namespace });
      equal(shortfall, undefined);
      ok(values.every(has));
      ok(gateway.requests.length >= 4);
    } finally {
      api.close();
    }
  },
});

const LIST = { kind: "SecretList", apiVersion: "v1", metadata: {} };
const hostile: [name: string, answer: () => Response, shortfall: RegExp][] = [
  ["is not JSON", () => new Response("<html>password=hunter2</html>"), /: the answer is not JSON$/],
  ["is no list", () => Response.json({ ...LIST, items: null }), /^undefined$/],
  ["has no end", endless, /: they take more than 64.0 MB$/],
  [
    "is about more Secrets than there can be",
    () => Response.json({ ...LIST, items: Array.from({ length: 20_001 }, () => ({ metadata: { name: "x" } })) }),
    /^values of some Secrets were not scrubbed: there are more than 20,000$/,
  ],
  ["is a failure", () => refusal(500), /: Cannot list "secrets".*500/],
];
for (const [name, answer, shortfall] of hostile) {
  Deno.test({
    name: `readSecretValues() goes on when an answer ${name}`,
    ignore,
    fn: async () => {
      await using gateway = await startGateway(ADMIN, ({ method }) => method === "GET" ? answer() : undefined);
      match(String((await read({ server: gateway.server })).shortfall), shortfall);
    },
  });
}

function endless(): Response {
  const piece = new Uint8Array(1 << 20).fill(32);
  return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(piece) }));
}

Deno.test({
  name: "readSecretValues() waits five seconds for an API server that hangs",
  ignore,
  fn: async () => {
    const clock = new ManualClock();
    const asked = Promise.withResolvers<void>(), answered = Promise.withResolvers<void>();
    await using gateway = await startGateway(ADMIN, () => {
      asked.resolve();
      return answered.promise.then(() => refusal(500));
    });
    const reading = read({ server: gateway.server }, { clock });
    await asked.promise;
    await clock.advance(5_000);
    equal((await reading).shortfall, "values of Secrets were not scrubbed: they could not be read within 5 s");
    answered.resolve();
  },
});

Deno.test("readSecretValues() does without a cluster", async () => {
  const { shortfall } = await read({ server: "http://127.0.0.1:9" });
  equal(shortfall, "values of Secrets were not scrubbed: the cluster could not be reached");
});

Deno.test("readSecretValues() ends with the run", async () => {
  const { shortfall } = await read({ server: "http://127.0.0.1:9" }, { signal: AbortSignal.abort() });
  equal(shortfall, "values of Secrets were not scrubbed: the run was interrupted");
});
