import { describeError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { KubeconfigError } from "./errors.ts";
import type { ExecPlugin, KubeTarget, KubeUser } from "./kubeconfig.ts";

const PLUGIN_TIMEOUT_MS = 60_000;

/** What a request is signed with. */
export interface Credentials {
  /** Pairs, since impersonated groups repeat a name. */
  headers: [string, string][];
  /** PEM. */
  cert?: string;
  key?: string;
  /** True when asking again may give other ones: a token file, a plug-in, an identity provider. */
  renewable: boolean;
}

/** Gets the user's credentials: certificates, tokens, passwords, exec plug-ins, and the older auth providers.
 * @throws {KubeconfigError} for a file that cannot be read, or a plug-in that failed */
export async function loadCredentials(target: KubeTarget, env: Readonly<Record<string, string>>): Promise<Credentials> {
  const { user } = target;
  const credentials: Credentials = {
    headers: impersonation(user),
    cert: await pem(user["client-certificate"], user["client-certificate-data"], "client certificate"),
    key: await pem(user["client-key"], user["client-key-data"], "client key"),
    renewable: false,
  };
  if (user.tokenFile !== undefined) {
    const token = (await readFile(user.tokenFile, "token")).trim();
    return { ...withBearer(credentials, token), renewable: true };
  }
  if (user.token !== undefined) return withBearer(credentials, user.token);
  if (user.username !== undefined) {
    const bytes = new TextEncoder().encode(`${user.username}:${user.password ?? ""}`);
    credentials.headers.push(["authorization", `Basic ${bytes.toBase64()}`]);
    return credentials;
  }
  if (user.exec) return await fromExec(user.exec, target, credentials, env);
  if (user["auth-provider"]) return await fromAuthProvider(user["auth-provider"], credentials);
  return credentials;
}

/** The text of a PEM file, or of its base64 form in the kubeconfig; the data wins, as in kubectl. */
export async function pem(file: string | undefined, data: string | undefined, what: string) {
  if (data !== undefined) {
    try {
      return new TextDecoder().decode(Uint8Array.fromBase64(data.replace(/\s+/g, "")));
    } catch {
      throw new KubeconfigError(`Cannot use the ${what} of the kubeconfig: it is not base64`);
    }
  }
  return file === undefined ? undefined : await readFile(file, what);
}

async function readFile(file: string, what: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new KubeconfigError(`Cannot read the ${what} ${file}: ${describeError(cause)}`, { cause });
  }
}

function withBearer(credentials: Credentials, token: string): Credentials {
  return { ...credentials, headers: [...credentials.headers, ["authorization", `Bearer ${token}`]] };
}

function impersonation(user: KubeUser): [string, string][] {
  const { as: name, "as-uid": uid, "as-groups": groups, "as-user-extra": extra } = user;
  if (name === undefined) {
    if (uid === undefined && !groups?.length && !extra) return [];
    throw new KubeconfigError("Cannot impersonate a uid, group or extra value: no user to impersonate is named", {
      hint: "Add --as",
    });
  }
  const headers: [string, string][] = [["impersonate-user", name]];
  if (uid !== undefined) headers.push(["impersonate-uid", uid]);
  for (const group of groups ?? []) headers.push(["impersonate-group", group]);
  for (const [key, values] of Object.entries(extra ?? {})) {
    for (const value of values) headers.push([`impersonate-extra-${encodeURIComponent(key.toLowerCase())}`, value]);
  }
  return headers;
}

/** The plug-in itself is run by the Kubernetes client library; what it would not tell the plug-in is added here.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
async function fromExec(
  exec: ExecPlugin,
  { cluster }: KubeTarget,
  credentials: Credentials,
  env: Readonly<Record<string, string>>,
): Promise<Credentials> {
  const { ExecAuth } = await import("@kubernetes/client-node/dist/exec_auth.js");
  const info = {
    apiVersion: exec.apiVersion ?? "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    spec: {
      interactive: false,
      ...(exec.provideClusterInfo
        ? {
          cluster: {
            server: cluster.server,
            "tls-server-name": cluster["tls-server-name"],
            "insecure-skip-tls-verify": cluster["insecure-skip-tls-verify"] ?? undefined,
            "certificate-authority-data": cluster["certificate-authority-data"],
            "proxy-url": cluster["proxy-url"],
          },
        }
        : {}),
    },
  };
  const variables = [
    ...Object.entries(env).map(([name, value]) => ({ name, value })),
    { name: "KUBERNETES_EXEC_INFO", value: JSON.stringify(info) },
    ...(exec.env ?? []),
  ];
  const user = { name: "", exec: { ...exec, args: exec.args ?? [], env: variables } };
  const request: AuthRequest = { headers: {} };
  const auth = new ExecAuth();
  const children: { kill(): unknown }[] = [];
  // The library has no deadline, and a plug-in may wait for a login that nobody makes.
  // deno-lint-ignore no-explicit-any -- not in the library's types
  const hook = auth as any;
  const spawn = hook.execFn;
  // deno-lint-ignore no-explicit-any -- passed through
  hook.execFn = (...args: any[]) => {
    const child = spawn(...args);
    children.push(child);
    return child;
  };
  const timer = setTimeout(() => children.forEach((child) => child.kill()), PLUGIN_TIMEOUT_MS);
  try {
    // deno-lint-ignore no-explicit-any -- the library's types come from node:https
    await auth.applyAuthentication(user as any, request as any);
  } catch (cause) {
    throw new KubeconfigError(
      `Cannot get credentials from the plug-in ${exec.command}: ${describeError(cause).trim().slice(0, 500)}`,
      { cause, exitCode: EXIT.clusterAccess, hint: "Run the plug-in by hand, or log in again" },
    );
  } finally {
    clearTimeout(timer);
  }
  return applied(credentials, request);
}

async function fromAuthProvider(
  provider: NonNullable<KubeUser["auth-provider"]>,
  credentials: Credentials,
): Promise<Credentials> {
  const user = { name: "", authProvider: { name: provider.name, config: { ...provider.config } } };
  const request: AuthRequest = { headers: {} };
  try {
    const auth = await authProvider(provider.name);
    // deno-lint-ignore no-explicit-any -- as above
    await auth.applyAuthentication(user as any, request as any);
  } catch (cause) {
    if (cause instanceof KubeconfigError) throw cause;
    throw new KubeconfigError(
      `Cannot get credentials from the auth provider "${provider.name}": ${describeError(cause)}`,
      { cause, hint: "Log in again with the provider's own command" },
    );
  }
  return applied(credentials, request);
}

async function authProvider(name: string) {
  switch (name) {
    case "oidc":
      return new (await import("@kubernetes/client-node/dist/oidc_auth.js")).OpenIDConnectAuth();
    case "gcp":
      return new (await import("@kubernetes/client-node/dist/gcp_auth.js")).GoogleCloudPlatformAuth();
    case "azure":
      return new (await import("@kubernetes/client-node/dist/azure_auth.js")).AzureAuth();
    default:
      throw new KubeconfigError(`Cannot use the auth provider "${name}" of the kubeconfig: it is not supported`, {
        hint: "Use an exec plug-in instead, or pass --token",
      });
  }
}

interface AuthRequest {
  headers: Record<string, string>;
  cert?: string;
  key?: string;
}

function applied(credentials: Credentials, request: AuthRequest): Credentials {
  return {
    headers: [...credentials.headers, ...Object.entries(request.headers)],
    cert: request.cert ?? credentials.cert,
    key: request.key ?? credentials.key,
    renewable: true,
  };
}
