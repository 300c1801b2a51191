import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { CredentialSource } from "../../src/kube/credentials.ts";
import { KubeconfigError } from "../../src/kube/errors.ts";
import { findKubeTarget } from "../../src/kube/kubeconfig.ts";
import { ManualClock } from "../manual_clock.ts";

const ignore = Deno.build.os === "windows"; // its plug-ins are shell scripts
const PATH = Deno.env.get("PATH") ?? "";
const API_VERSION = "client.authentication.k8s.io/v1";

interface Plugin {
  folder: string;
  clock: ManualClock;
  source: CredentialSource;
  /** How often it ran. */
  runs(): number;
}

/** @param script its second part; the first counts the run */
async function withPlugin(script: string, exec: object, use: (plugin: Plugin) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "plugin-" });
  const command = join(folder, "plugin.sh");
  await Deno.writeTextFile(command, `#!/bin/sh\necho run >> ${folder}/runs\n${script}\n`, { mode: 0o700 });
  const config = {
    "current-context": "a",
    clusters: [{ name: "a", cluster: { server: "https://first:6443" } }],
    users: [{ name: "a", user: { exec: { apiVersion: API_VERSION, command, ...exec } } }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
  };
  await Deno.writeTextFile(join(folder, "config"), JSON.stringify(config));
  const clock = new ManualClock("2026-03-02T12:00:00Z");
  const target = await findKubeTarget({ kubeconfig: join(folder, "config") }, {});
  const source = new CredentialSource(target, { PATH, FROM_TOOL: "tool" }, { clock });
  const runs = () => {
    try {
      return Deno.readTextFileSync(`${folder}/runs`).split("\n").length - 1;
    } catch {
      return 0;
    }
  };
  try {
    await use({ folder, clock, source, runs });
  } finally {
    source.close();
    await Deno.remove(folder, { recursive: true });
  }
}

function printing(status: object, more: object = {}): string {
  const answer = { apiVersion: API_VERSION, kind: "ExecCredential", status, ...more };
  return `cat <<'END'\n${JSON.stringify(answer, null, 1)}\nEND`;
}

const successes: [name: string, script: string, exec: object, expected: object][] = [
  ["takes a token", printing({ token: "t-1" }), {}, { headers: [["authorization", "Bearer t-1"]] }],
  [
    "takes a client certificate",
    printing({ clientCertificateData: "CERT", clientKeyData: "KEY" }),
    {},
    { headers: [], cert: "CERT", key: "KEY" },
  ],
  [
    "takes both",
    printing({ token: "t-1", clientCertificateData: "CERT", clientKeyData: "KEY" }),
    {},
    { headers: [["authorization", "Bearer t-1"]], cert: "CERT", key: "KEY" },
  ],
  [
    "passes arguments and variables, its own over those of the tool",
    `echo '{"kind":"ExecCredential","status":{"token":"'"$1-$EXTRA-$FROM_TOOL"'"}}'`,
    { args: ["a"], env: [{ name: "EXTRA", value: "b" }] },
    { headers: [["authorization", "Bearer a-b-tool"]] },
  ],
  [
    "tells it which cluster it is for, when it wants to know",
    `case "$KUBERNETES_EXEC_INFO" in *'"interactive":false,"cluster":{"server":"https://first:6443"}'*) t=told ;; esac\n` +
    `echo '{"kind":"ExecCredential","status":{"token":"'"$t"'"}}'`,
    { provideClusterInfo: true },
    { headers: [["authorization", "Bearer told"]] },
  ],
  ["finds it on the PATH", "", {
    command: "sh",
    args: ["-c", `echo '{"kind":"ExecCredential","status":{"token":"by-path"}}'`],
  }, { headers: [["authorization", "Bearer by-path"]] }],
];
for (const [name, script, exec, expected] of successes) {
  Deno.test({
    name: `runExecPlugin() ${name}`,
    ignore,
    fn: () =>
      withPlugin(script, exec, async ({ source }) => {
        const { headers, cert, key } = await source.current();
        deepStrictEqual({ headers, ...(cert === undefined ? {} : { cert, key }) }, expected);
      }),
  });
}

const failures: [name: string, script: string, exec: object, message: RegExp, hint: RegExp][] = [
  [
    "tells its exit code and what it said",
    "echo warming up >&2; echo 'log in\nfirst' >&2; exit 3",
    {},
    /: it ended with exit code 3 \(warming up log in first\)$/,
    /Log in again/,
  ],
  ["says that it printed nothing", "", {}, /: it printed nothing$/, /Log in/],
  [
    "says that it is no JSON, and does not quote it",
    "echo hidden-word",
    {},
    /: what it printed is not JSON$/,
    /Log in/,
  ],
  [
    "refuses something else than a credential",
    `echo '{"kind":"Pod"}'`,
    {},
    /not an ExecCredential \(kind\)$/,
    /Log in/,
  ],
  ["refuses a list", "echo '[]'", {}, /not an ExecCredential \(not an object\)$/, /Log in/],
  ["refuses an empty answer", printing({}), {}, /has no token and no client certificate$/, /Log in/],
  [
    "refuses half a certificate",
    printing({ clientKeyData: "hidden-word" }),
    {},
    /a client key and no certificate$/,
    /Log/,
  ],
  [
    "refuses an end that is no time",
    printing({ token: "hidden-word", expirationTimestamp: "soon" }),
    {},
    /an expirationTimestamp that is no time$/,
    /Log in/,
  ],
  [
    "refuses the answer of another version",
    printing({ token: "hidden-word" }, { apiVersion: "client.authentication.k8s.io/v1beta1" }),
    {},
    /it answers as client\.authentication\.k8s\.io\/v1beta1, and the kubeconfig wants client\.authentication\.k8s\.io\/v1$/,
    /Log in/,
  ],
  [
    "refuses a version that is gone",
    "",
    { apiVersion: "client.authentication.k8s.io/v1alpha1" },
    /v1alpha1 is not supported$/,
    /v1beta1/,
  ],
  [
    "refuses a token that no header can carry",
    printing({ token: "hidden-word\nx" }),
    {},
    /characters that no token/,
    /Log/,
  ],
  [
    "tells how to install it, as the kubeconfig says",
    "",
    { command: "no-such-plug-in", installHint: "It comes\n  with the cloud's tools.\n" },
    /the plug-in no-such-plug-in: there is no such program$/,
    /^It comes with the cloud's tools\.$/,
  ],
  ["says that it is missing", "", { command: "/nonexistent/x" }, /x: there is no such program$/, /Install it/],
  ["says that it may not be run", "", { command: "/etc/passwd" }, /\/etc\/passwd: .*[Pp]ermission/, /may run/],
  ["refuses one that wants a terminal", "", { interactiveMode: "Always" }, /needs a terminal/, /--token/],
];
for (const [name, script, exec, message, hint] of failures) {
  Deno.test({
    name: `runExecPlugin() ${name}`,
    ignore,
    fn: () =>
      withPlugin(script, exec, ({ source }) =>
        rejects(() => source.current(), (error: KubeconfigError) => {
          ok(error instanceof KubeconfigError, error.stack);
          ok(message.test(error.message), error.message);
          ok(hint.test(error.hint ?? ""), error.hint);
          ok(!/hidden-word|\n/.test(`${error.message}${error.hint}`), error.message);
          if (!message.source.includes("no token")) strictEqual(error.exitCode, 6);
          return true;
        })),
  });
}

Deno.test({
  name: "runExecPlugin() runs once for all who wait, and again when what it gave has expired",
  ignore,
  fn: () =>
    withPlugin(printing({ token: "t-1", expirationTimestamp: "2026-03-02T12:10:00Z" }), {}, async (plugin) => {
      const { source, clock, runs } = plugin;
      const [one, other] = await Promise.all([source.current(), source.current()]);
      strictEqual(one, other);
      await clock.advance(9 * 60_000);
      strictEqual(await source.current(), one);
      strictEqual(runs(), 1);
      await clock.advance(60_000);
      await source.current();
      strictEqual(runs(), 2);
    }),
});

Deno.test({
  name: "CredentialSource.renew() runs the plug-in again, and says whether it gave something else",
  ignore,
  fn: () =>
    withPlugin(`echo '{"kind":"ExecCredential","status":{"token":"'"$(cat $1)"'"}}'`, {}, async ({ folder, runs }) => {
      const file = join(folder, "token");
      const config = JSON.parse(await Deno.readTextFile(join(folder, "config")));
      config.users[0].user.exec.args = [file];
      await Deno.writeTextFile(join(folder, "config"), JSON.stringify(config));
      const target = await findKubeTarget({ kubeconfig: join(folder, "config") }, {});
      const source = new CredentialSource(target, { PATH }, { clock: new ManualClock() });
      await Deno.writeTextFile(file, "t-1");
      const first = await source.current();
      strictEqual(await source.renew(first), false);
      strictEqual(runs(), 2);
      const second = await source.current();
      await Deno.writeTextFile(file, "t-2");
      deepStrictEqual(await Promise.all([source.renew(second), source.renew(second)]), [true, true]);
      strictEqual(runs(), 3);
      strictEqual(await source.renew(second), true, "other ones came meanwhile");
      strictEqual(runs(), 3);
    }),
});

for (const [name, script] of [["hangs", "sleep 300 & sleep 301"], ["prints without end", "sleep 300 & yes"]] as const) {
  Deno.test({
    name: `runExecPlugin() ends one that ${name}, with what it started`,
    ignore,
    fn: () =>
      withPlugin(`echo $$ > "$(dirname "$0")/pid"\n${script}`, {}, async ({ folder, source, clock }) => {
        const failed = rejects(() => source.current(), /the plug-in .*plugin\.sh: it did not end within 15 s$/);
        await clock.untilSleeping();
        const group = Number(await written(join(folder, "pid")));
        await clock.advance(15_000);
        await failed;
        await groupHasEnded(group);
      }),
  });
}

Deno.test({
  name: "CredentialSource.close() ends a plug-in that runs",
  ignore,
  fn: () =>
    withPlugin(`echo $$ > "$(dirname "$0")/pid"\nsleep 300`, {}, async ({ folder, source }) => {
      const ended = rejects(() => source.current(), (error: Error) => error.name === "AbortError");
      const group = Number(await written(join(folder, "pid")));
      source.close();
      await ended;
      await groupHasEnded(group);
    }),
});

async function written(file: string): Promise<string> {
  while (true) {
    const text = await Deno.readTextFile(file).catch(() => "");
    if (text.endsWith("\n")) return text.trim();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waits until no process of the group is left. */
async function groupHasEnded(group: number): Promise<void> {
  while (true) {
    const { stdout } = await new Deno.Command("ps", { args: ["-eo", "pgid=,stat="] }).output();
    const left = new TextDecoder().decode(stdout).split("\n").filter((line) => line.trim().startsWith(`${group} `));
    if (left.every((line) => line.includes("Z"))) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
