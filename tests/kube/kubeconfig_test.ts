import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { connectKube } from "../../src/kube/connect.ts";
import { systemClock } from "../../src/core/clock.ts";
import { CredentialSource } from "../../src/kube/credentials.ts";
import { KubeconfigError, KubeUnreachableError } from "../../src/kube/errors.ts";
import { findKubeTarget } from "../../src/kube/kubeconfig.ts";
import type { KubeOptions } from "../../src/kube/kube_client.ts";

const FIRST = `
current-context: one
clusters:
- {name: c1, cluster: {server: "https://first:6443", certificate-authority: ca.crt}}
users:
- {name: u1, user: {token: t-one}}
contexts:
- {name: one, context: {cluster: c1, user: u1, namespace: shop}}
`;
const SECOND = `
current-context: two
clusters:
- {name: c1, cluster: {server: "https://shadowed:6443"}}
- {name: c2, cluster: {server: "https://second:6443"}}
users:
- {name: u2, user: {username: ann, password: p}}
contexts:
- {name: two, context: {cluster: c2, user: u2}}
- {name: broken, context: {cluster: gone, user: u2}}
`;

interface Expected {
  server?: string;
  namespace?: string;
  headers?: [string, string][];
  error?: RegExp;
  hint?: RegExp;
  unreachable?: boolean;
}

const token = (value: string): [string, string] => ["authorization", `Bearer ${value}`];
const files = (...names: string[]) => (folder: string) => ({
  KUBECONFIG: names.map((n) => join(folder, n)).join(Deno.build.os === "windows" ? ";" : ":"),
});
const behaviour: [
  name: string,
  options: KubeOptions,
  env: (folder: string) => Record<string, string>,
  expected: Expected,
][] = [
  ["takes the current context", {}, files("first"), {
    server: "https://first:6443",
    namespace: "shop",
    headers: [token("t-one")],
  }],
  ["lets the first file win for a name, and for the current context", {}, files("first", "second"), {
    server: "https://first:6443",
  }],
  ["finds contexts in every file", { context: "two" }, files("first", "second"), {
    server: "https://second:6443",
    namespace: "default",
    headers: [["authorization", "Basic YW5uOnA="]],
  }],
  ["passes over files of KUBECONFIG that do not exist", {}, files("gone", "second"), { server: "https://second:6443" }],
  ["looks into the home folder", {}, (folder) => ({ HOME: folder }), { server: "https://first:6443" }],
  ["prefers KUBECONFIG to the home folder", {}, (folder) => ({ HOME: folder, ...files("second")(folder) }), {
    server: "https://second:6443",
  }],
  ["lets flags choose cluster and user", { cluster: "c2", user: "u1" }, files("first", "second"), {
    server: "https://second:6443",
    headers: [token("t-one")],
  }],
  ["lets --server and --token replace values", { server: "other:8443", token: "t-two" }, files("second"), {
    server: "https://other:8443",
    headers: [token("t-two")],
  }],
  ["needs no file with --server", { server: "http://127.0.0.1:8001" }, () => ({}), {
    server: "http://127.0.0.1:8001",
    namespace: "default",
    headers: [],
  }],
  [
    "impersonates",
    { as: "jane", asGroup: ["a", "b"], asUid: "7", asUserExtra: ["Team=x", "Team=y=z"] },
    files("first"),
    {
      headers: [
        ["impersonate-user", "jane"],
        ["impersonate-uid", "7"],
        ["impersonate-group", "a"],
        ["impersonate-group", "b"],
        ["impersonate-extra-team", "x"],
        ["impersonate-extra-team", "y=z"],
        token("t-one"),
      ],
    },
  ],
  ["refuses a group to impersonate without a user", { asGroup: ["a"] }, files("first"), {
    error: /no user to impersonate/,
    hint: /--as/,
  }],
  ["refuses an extra value that is no pair", { as: "a", asUserExtra: ["x"] }, files("first"), { error: /KEY=VALUE/ }],
  ["names the contexts there are", { context: "tow" }, files("first", "second"), {
    error: /context "tow" is not in/,
    hint: /one, two, broken/,
  }],
  ["says which cluster a context lacks", { context: "broken" }, files("second"), { error: /cluster "gone" is not in/ }],
  ["refuses a missing --kubeconfig", { kubeconfig: "/nonexistent/config" }, files("first"), {
    error: /\/nonexistent\/config: it does not exist/,
    hint: /--kubeconfig/,
  }],
  ["refuses what is not YAML, without quoting it", {}, files("garbled"), {
    error: /garbled: it is not valid YAML \(line \d\)$/,
  }],
  ["names the field that is wrong", {}, files("misshapen"), { error: /clusters\.0\.cluster\.server/ }],
  ["wants a context chosen", {}, files("undecided"), { error: /no current context/, hint: /only/ }],
  ["says that no cluster is configured", {}, () => ({ HOME: "/nonexistent" }), {
    error: /^No cluster is configured$/,
    hint: /--kubeconfig or the variable KUBECONFIG/,
    unreachable: true,
  }],
];

for (const [name, options, env, expected] of behaviour) {
  Deno.test(`findKubeTarget() ${name}`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const write = (file: string, text: string) => Deno.writeTextFile(join(folder, file), text);
      await Deno.mkdir(join(folder, ".kube"));
      await Promise.all([
        write("first", FIRST),
        write("second", SECOND),
        write(".kube/config", FIRST),
        write("garbled", 'a: 1\nb: "secret-value\n'),
        write("misshapen", "clusters: [{name: a, cluster: {server: {}}}]"),
        write("undecided", FIRST.replace("current-context: one", "").replace("name: one", "name: only")),
      ]);
      const find = async () => {
        const target = await findKubeTarget(options, env(folder));
        return { target, credentials: await new CredentialSource(target, {}, { clock: systemClock }).current() };
      };
      if (expected.error) {
        const kind = expected.unreachable ? KubeUnreachableError : KubeconfigError;
        await rejects(find, (error: Error & { hint?: string }) => {
          ok(error instanceof kind, error.stack);
          ok(expected.error!.test(error.message), error.message);
          ok(!error.message.includes("secret-value"), error.message);
          if (expected.hint) ok(expected.hint.test(error.hint ?? ""), error.hint);
          return true;
        });
        return;
      }
      const { target, credentials } = await find();
      if (expected.server) strictEqual(target.cluster.server, expected.server);
      if (expected.namespace) strictEqual(target.namespace, expected.namespace);
      if (expected.headers) deepStrictEqual(credentials.headers, expected.headers);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("findKubeTarget() takes paths as relative to the file that names them", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "first"), FIRST);
    const target = await findKubeTarget({ kubeconfig: join(folder, "first") }, {});
    strictEqual(target.cluster["certificate-authority"], join(folder, "ca.crt"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("connectKube() reads nothing before the first call", () => {
  connectKube({ kubeconfig: "/nonexistent" }, {}).close();
});
