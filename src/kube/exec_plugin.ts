import * as z from "zod";
import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { runBounded } from "../core/run_bounded.ts";
import { KubeconfigError } from "./errors.ts";
import type { ExecPlugin, KubeTarget } from "./kubeconfig.ts";

/** Shorter than what the first request to the cluster may take, so that it is the plug-in that is named. */
const TIMEOUT_MS = 15_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
const MAX_DETAIL = 300;
const API_VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

const credentialSchema = z.looseObject({
  apiVersion: z.string().nullish(),
  kind: z.literal("ExecCredential"),
  status: z.looseObject({
    token: z.string().nullish(),
    clientCertificateData: z.string().nullish(),
    clientKeyData: z.string().nullish(),
    expirationTimestamp: z.string().nullish(),
  }),
});

/** What a plug-in hands out: a token, a client certificate with its key (PEM), or both. */
export interface PluginCredential {
  token?: string;
  cert?: string;
  key?: string;
  /** In milliseconds; undefined when it did not say. */
  expiresAt?: number;
}

/** Runs the login plug-in of a kubeconfig. It gets no terminal and a quarter of a minute; then it is ended, with all that it
 * started.
 * @throws {KubeconfigError} when it hands out nothing that can be used; what it printed is not in the message, since that
 * is where credentials are
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
export async function runExecPlugin(
  exec: ExecPlugin,
  cluster: KubeTarget["cluster"],
  env: Readonly<Record<string, string>>,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<PluginCredential> {
  const fail = (why: string, hint = "Log in again, then try the plug-in by hand", cause?: unknown) =>
    new KubeconfigError(`Cannot get credentials from the plug-in ${exec.command}: ${why}`, {
      cause,
      exitCode: EXIT.clusterAccess,
      hint,
    });
  const apiVersion = exec.apiVersion ?? API_VERSIONS[0]!;
  if (!API_VERSIONS.includes(apiVersion)) {
    throw fail(`its apiVersion ${apiVersion} is not supported`, `Configure it for one of: ${API_VERSIONS.join(", ")}`);
  }
  if (exec.interactiveMode === "Always") {
    throw fail("it needs a terminal (interactiveMode: Always)", "Pass --token, or use a plug-in that runs unattended");
  }
  const ended = await runBounded(exec.command, {
    args: exec.args ?? [],
    env: pluginEnvironment(exec, cluster, env, apiVersion),
    timeoutMs: TIMEOUT_MS,
    maxOutputBytes: MAX_OUTPUT_BYTES,
    clock,
    signal,
  }).catch((cause) => {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof Deno.errors.NotFound) {
      const hint = exec.installHint?.trim().replace(/\s+/g, " ").slice(0, MAX_DETAIL);
      throw fail("there is no such program", hint || "Install it, or put it on the PATH");
    }
    throw fail(describeError(cause), "Check that it is a program that this account may run", cause);
  });
  if (ended.timedOut) {
    throw fail(`it did not end within ${TIMEOUT_MS / 1000} s`, "Log in with kubectl first: nobody is asked here");
  }
  if (!ended.success) {
    const said = ended.stderr === "" ? "" : ` (${ended.stderr})`;
    throw fail(`it ended with ${ended.signal === null ? `exit code ${ended.code}` : ended.signal}${said}`);
  }
  return readCredential(ended.stdout, exec.apiVersion ?? undefined, (why) => fail(why));
}

function pluginEnvironment(
  exec: ExecPlugin,
  cluster: KubeTarget["cluster"],
  env: Readonly<Record<string, string>>,
  apiVersion: string,
): Record<string, string> {
  const told = {
    server: cluster.server,
    "tls-server-name": cluster["tls-server-name"],
    "insecure-skip-tls-verify": cluster["insecure-skip-tls-verify"] ?? undefined,
    "certificate-authority-data": cluster["certificate-authority-data"],
    "proxy-url": cluster["proxy-url"],
  };
  const spec = { interactive: false, ...(exec.provideClusterInfo ? { cluster: told } : {}) };
  return {
    ...env,
    ...Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion, kind: "ExecCredential", spec }),
  };
}

function readCredential(
  stdout: Uint8Array,
  apiVersion: string | undefined,
  fail: (why: string) => KubeconfigError,
): PluginCredential {
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder().decode(stdout));
  } catch {
    throw fail(stdout.length === 0 ? "it printed nothing" : "what it printed is not JSON");
  }
  const parsed = credentialSchema.safeParse(answer);
  if (!parsed.success) {
    const field = parsed.error.issues[0]!.path.join(".");
    throw fail(`what it printed is not an ExecCredential (${field || "not an object"})`);
  }
  const { apiVersion: answered, status } = parsed.data;
  if (apiVersion !== undefined && answered !== undefined && answered !== null && answered !== apiVersion) {
    throw fail(`it answers as ${answered}, and the kubeconfig wants ${apiVersion}`);
  }
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status;
  if (!cert !== !key) {
    throw fail(`its answer has a client ${cert ? "certificate and no key" : "key and no certificate"}`);
  }
  if (!token && !cert) throw fail("its answer has no token and no client certificate");
  const expiresAt = expirationTimestamp ? Date.parse(expirationTimestamp) : undefined;
  if (Number.isNaN(expiresAt)) throw fail("its answer has an expirationTimestamp that is no time");
  return { token: token || undefined, cert: cert || undefined, key: key || undefined, expiresAt };
}
