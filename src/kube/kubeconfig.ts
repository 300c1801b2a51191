import { dirname, isAbsolute, join, resolve } from "node:path";
import * as z from "zod";
import { KubeconfigError, KubeUnreachableError } from "./errors.ts";
import { inClusterTarget, isInCluster } from "./in_cluster.ts";
import type { KubeOptions } from "./kube_client.ts";
import { fileState } from "./pem.ts";

const NO_CLUSTER_HINT = "Name a kubeconfig with --kubeconfig or the variable KUBECONFIG";
const NO_ACCOUNT_HINT =
  "Give the pod an account (automountServiceAccountToken), or name a kubeconfig with --kubeconfig";

const text = z.string().nullish().transform((value) => value || undefined);
const nameValue = z.object({ name: z.string(), value: z.string() });
const execSchema = z.looseObject({
  apiVersion: text,
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(nameValue).nullish(),
  provideClusterInfo: z.boolean().nullish(),
  installHint: text,
  interactiveMode: text,
});
const clusterSchema = z.looseObject({
  server: text,
  "certificate-authority": text,
  "certificate-authority-data": text,
  "insecure-skip-tls-verify": z.boolean().nullish(),
  "tls-server-name": text,
  "proxy-url": text,
});
const userSchema = z.looseObject({
  "client-certificate": text,
  "client-certificate-data": text,
  "client-key": text,
  "client-key-data": text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  "as-uid": text,
  "as-groups": z.array(z.string()).nullish(),
  "as-user-extra": z.record(z.string(), z.array(z.string())).nullish(),
  exec: execSchema.nullish(),
  "auth-provider": z.looseObject({ name: z.string(), config: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});
const contextSchema = z.looseObject({ cluster: text, user: text, namespace: text });
const name = z.coerce.string();
const fileSchema = z.looseObject({
  "current-context": text,
  clusters: z.array(z.looseObject({ name, cluster: clusterSchema.nullish() })).nullish(),
  users: z.array(z.looseObject({ name, user: userSchema.nullish() })).nullish(),
  contexts: z.array(z.looseObject({ name, context: contextSchema.nullish() })).nullish(),
});

export type ExecPlugin = z.output<typeof execSchema>;
export type KubeCluster = z.output<typeof clusterSchema>;
export type KubeUser = z.output<typeof userSchema>;
type KubeContext = z.output<typeof contextSchema>;

/** What a request needs to know: one cluster, one user, one namespace. Paths are absolute. */
export interface KubeTarget {
  cluster: KubeCluster & { server: string };
  user: KubeUser;
  namespace: string;
  /** Where renewed tokens of this user are written back to. */
  userOrigin?: { file: string; name: string };
}

interface Merged {
  currentContext?: string;
  clusters: Map<string, KubeCluster>;
  users: Map<string, KubeUser>;
  userFiles: Map<string, string>;
  contexts: Map<string, KubeContext>;
  /** Where it was read from, for messages. */
  origin: string;
}

/** Finds the cluster to talk to, as kubectl does: `--kubeconfig`, else the files of `KUBECONFIG`, else `~/.kube/config`,
 * else the service account of the pod this runs in. Flags then replace single values.
 * @throws {KubeconfigError} for a file, context, cluster or user that is named and cannot be used
 * @throws {KubeUnreachableError} when no cluster is configured anywhere */
export async function findKubeTarget(
  options: KubeOptions,
  env: Readonly<Record<string, string>>,
  { serviceAccountFolder }: { serviceAccountFolder?: string } = {},
): Promise<KubeTarget> {
  const merged = await readFiles(kubeconfigFiles(options, env), options.kubeconfig !== undefined);
  const contextName = options.context ?? merged.currentContext;
  if (contextName === undefined && options.server === undefined && options.cluster === undefined) {
    const inCluster = await inClusterTarget(env, serviceAccountFolder);
    if (inCluster !== undefined) return withFlags(inCluster, options);
    if (merged.contexts.size > 0) {
      throw new KubeconfigError(`The kubeconfig ${merged.origin} has no current context`, {
        hint: `Choose one with --context: ${listed(merged.contexts.keys())}`,
      });
    }
    if (isInCluster(env)) {
      throw new KubeUnreachableError("No cluster is configured: this pod has no service account", {
        hint: NO_ACCOUNT_HINT,
      });
    }
    throw new KubeUnreachableError("No cluster is configured", { hint: NO_CLUSTER_HINT });
  }
  return withFlags(chooseTarget(merged, contextName, options), options);
}

/** The files to read, in the order in which the first to define a name wins. */
export function kubeconfigFiles(options: KubeOptions, env: Readonly<Record<string, string>>): string[] {
  if (options.kubeconfig) return [resolve(options.kubeconfig)];
  const listed = (env.KUBECONFIG ?? "").split(Deno.build.os === "windows" ? ";" : ":").filter((file) => file !== "");
  if (listed.length > 0) return [...new Set(listed.map((file) => resolve(file)))];
  const home = env.HOME || env.USERPROFILE;
  return home ? [join(home, ".kube", "config")] : [];
}

async function readFiles(files: string[], required: boolean): Promise<Merged> {
  const maps = { clusters: new Map(), users: new Map(), userFiles: new Map(), contexts: new Map() };
  const merged: Merged = { ...maps, origin: files.join(", ") };
  for (const file of files) {
    let content: string;
    try {
      content = await Deno.readTextFile(file);
    } catch (cause) {
      // kubectl passes over files of KUBECONFIG that do not exist.
      if (cause instanceof Deno.errors.NotFound && !required) continue;
      throw new KubeconfigError(`Cannot read the kubeconfig ${file}: ${fileState(cause)}`, {
        hint: "Name an existing file with --kubeconfig",
      });
    }
    mergeKubeconfig(merged, await parseKubeconfig(content, file), file);
  }
  return merged;
}

/** @throws {KubeconfigError} when the text is not a kubeconfig; the message names the file and the field, no values */
export async function parseKubeconfig(content: string, file: string): Promise<z.output<typeof fileSchema>> {
  const { parse } = await import("yaml");
  let document: unknown;
  try {
    document = parse(content) ?? {};
  } catch (error) {
    // The parser's message quotes the line, which may hold a key.
    const line = (error as { linePos?: { line: number }[] }).linePos?.[0]?.line;
    throw new KubeconfigError(
      `Cannot use the kubeconfig ${file}: it is not valid YAML${line === undefined ? "" : ` (line ${line})`}`,
      { hint: "Compare it with the output of `kubectl config view`" },
    );
  }
  const parsed = fileSchema.safeParse(document);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const expected = issue.code === "invalid_type" ? `is no ${issue.expected}` : "is not as expected";
    throw new KubeconfigError(
      `Cannot use the kubeconfig ${file}: ${issue.path.join(".") || "the document"} ${expected}`,
      { hint: "Compare it with the output of `kubectl config view`" },
    );
  }
  return parsed.data;
}

function mergeKubeconfig(into: Merged, config: z.output<typeof fileSchema>, file: string): void {
  into.currentContext ??= config["current-context"];
  const at = (path: string | undefined) => path === undefined || isAbsolute(path) ? path : join(dirname(file), path);
  for (const entry of config.clusters ?? []) {
    const cluster = entry.cluster ?? {} as KubeCluster;
    if (into.clusters.has(entry.name)) continue;
    into.clusters.set(entry.name, { ...cluster, "certificate-authority": at(cluster["certificate-authority"]) });
  }
  for (const entry of config.users ?? []) {
    const user = entry.user ?? {} as KubeUser;
    if (into.users.has(entry.name)) continue;
    const exec = user.exec ?? undefined;
    // As kubectl does: a command with a slash in it is relative to the file, a bare one is looked for on the PATH.
    const command = exec !== undefined && exec.command.includes("/") ? at(exec.command)! : exec?.command;
    into.userFiles.set(entry.name, file);
    into.users.set(entry.name, {
      ...user,
      "client-certificate": at(user["client-certificate"]),
      "client-key": at(user["client-key"]),
      tokenFile: at(user.tokenFile),
      exec: exec === undefined ? undefined : { ...exec, command: command! },
    });
  }
  for (const entry of config.contexts ?? []) {
    if (!into.contexts.has(entry.name)) into.contexts.set(entry.name, entry.context ?? {} as KubeContext);
  }
}

function chooseTarget(merged: Merged, contextName: string | undefined, options: KubeOptions): KubeTarget {
  const context = contextName === undefined ? {} as KubeContext : merged.contexts.get(contextName);
  if (context === undefined) {
    throw new KubeconfigError(`The context "${contextName}" is not in the kubeconfig ${merged.origin}`, {
      hint: merged.contexts.size > 0 ? `Choose one of: ${listed(merged.contexts.keys())}` : NO_CLUSTER_HINT,
    });
  }
  const cluster = lookUp("cluster", merged.clusters, options.cluster ?? context.cluster, merged.origin);
  const userName = options.user ?? context.user;
  const user = lookUp("user", merged.users, userName, merged.origin);
  const server = options.server ?? cluster?.server;
  if (server === undefined) {
    throw new KubeconfigError(`The context "${contextName ?? ""}" of the kubeconfig ${merged.origin} names no server`, {
      hint: "Add a cluster with a server to the context, or pass --server",
    });
  }
  return {
    cluster: { ...(cluster ?? {} as KubeCluster), server },
    user: user ?? {} as KubeUser,
    namespace: context.namespace ?? "default",
    ...(user === undefined ? {} : { userOrigin: { file: merged.userFiles.get(userName!)!, name: userName! } }),
  };
}

function lookUp<T>(what: string, from: Map<string, T>, name: string | undefined, origin: string): T | undefined {
  if (name === undefined) return undefined;
  const found = from.get(name);
  if (found === undefined) {
    throw new KubeconfigError(`The ${what} "${name}" is not in the kubeconfig ${origin}`, {
      hint: from.size > 0 ? `Choose one of: ${listed(from.keys())}` : NO_CLUSTER_HINT,
    });
  }
  return found;
}

/** Replaces single values by what flags say. */
export function withFlags(target: KubeTarget, options: KubeOptions): KubeTarget {
  const cluster = { ...target.cluster };
  if (options.server !== undefined) cluster.server = options.server;
  if (!/^https?:\/\//i.test(cluster.server)) cluster.server = `https://${cluster.server}`;
  if (options.certificateAuthority !== undefined) {
    cluster["certificate-authority"] = resolve(options.certificateAuthority);
    cluster["certificate-authority-data"] = undefined;
  }
  if (options.insecureSkipTlsVerify) cluster["insecure-skip-tls-verify"] = true;
  if (options.tlsServerName !== undefined) cluster["tls-server-name"] = options.tlsServerName;

  let user = { ...target.user };
  if (options.token !== undefined) {
    user = {
      ...user,
      token: options.token,
      tokenFile: undefined,
      exec: undefined,
      "auth-provider": undefined,
      username: undefined,
    };
  }
  if (options.clientCertificate !== undefined) {
    user["client-certificate"] = resolve(options.clientCertificate);
    user["client-certificate-data"] = undefined;
  }
  if (options.clientKey !== undefined) {
    user["client-key"] = resolve(options.clientKey);
    user["client-key-data"] = undefined;
  }
  if (options.as !== undefined) user.as = options.as;
  if (options.asUid !== undefined) user["as-uid"] = options.asUid;
  if (options.asGroup !== undefined && options.asGroup.length > 0) user["as-groups"] = options.asGroup;
  if (options.asUserExtra !== undefined && options.asUserExtra.length > 0) {
    user["as-user-extra"] = parseUserExtra(options.asUserExtra);
  }
  return { ...target, cluster, user };
}

function parseUserExtra(pairs: string[]): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1) {
      throw new KubeconfigError(`Cannot use --as-user-extra "${pair}": it is not KEY=VALUE`, {
        hint: "Write KEY=VALUE, once for each value",
      });
    }
    (extra[pair.slice(0, at)] ??= []).push(pair.slice(at + 1));
  }
  return extra;
}

function listed(names: Iterable<string>): string {
  const all = [...names];
  return all.slice(0, 10).join(", ") + (all.length > 10 ? ", …" : "");
}
