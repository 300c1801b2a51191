import type { Clock } from "../core/clock.ts";
import { KubeconfigError } from "./errors.ts";
import { runExecPlugin } from "./exec_plugin.ts";
import { impersonationHeaders } from "./impersonation.ts";
import { keepTokens } from "./keep_tokens.ts";
import type { KubeTarget, KubeUser } from "./kubeconfig.ts";
import { type OidcConfig, readOidcConfig, refreshIdToken } from "./oidc_provider.ts";
import { pem, readKubeFile } from "./pem.ts";
import { tokenExpiry } from "./token_expiry.ts";

/** Kubernetes renews the tokens of pods in their files; whoever uses one reads it again every minute, as client-go does. */
const TOKEN_FILE_AGE_MS = 60_000;
/** Clocks differ: what expires so soon has expired. */
const LEEWAY_MS = 10_000;

/** What a request is signed with. */
export interface Credentials {
  /** Pairs, since impersonated groups repeat a name. */
  headers: [string, string][];
  /** PEM. */
  cert?: string;
  key?: string;
}

interface Loaded extends Credentials {
  /** From then on (milliseconds) they are loaded again before they are used. */
  freshUntil?: number;
  /** Loading again may give other ones: a file, a plug-in, an identity provider. */
  renewable: boolean;
  /** The old ones serve on where loading again fails. */
  keeps?: boolean;
}

/** The credentials of one user: certificates, tokens, passwords, exec plug-ins, OIDC. Loaded at first use, and again when
 * they are no longer fresh; whoever asks meanwhile waits for the same. */
export class CredentialSource {
  readonly #target: KubeTarget;
  readonly #env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly #closed = new AbortController();
  #loaded?: Loaded;
  #loading?: Promise<Loaded>;
  #oidc?: OidcConfig;

  constructor(target: KubeTarget, env: Readonly<Record<string, string>>, { clock }: { clock: Clock }) {
    this.#target = target;
    this.#env = env;
    this.clock = clock;
  }

  /** @throws {KubeconfigError} for a file that cannot be read, or a plug-in that failed */
  async current(): Promise<Credentials> {
    const loaded = this.#loaded;
    if (loaded !== undefined && this.#isFresh(loaded)) return loaded;
    try {
      return await this.#load(false);
    } catch (error) {
      if (loaded?.keeps !== true) throw error;
      loaded.freshUntil = this.#now() + TOKEN_FILE_AGE_MS;
      return loaded;
    }
  }

  /** Loads them anew, because the server refused the ones it got.
   * @param refused as `current()` gave them
   * @returns false when there are no other ones */
  async renew(refused: Credentials): Promise<boolean> {
    if (this.#loaded === refused) {
      if (!this.#loaded.renewable) return false;
      await this.#load(true);
    }
    return !areEqual(await this.current(), refused);
  }

  /** Ends a plug-in that still runs. */
  close(): void {
    this.#closed.abort(new DOMException("The connection was closed", "AbortError"));
  }

  #now(): number {
    return this.clock.now().getTime();
  }

  #isFresh({ freshUntil }: Loaded): boolean {
    return freshUntil === undefined || this.#now() < freshUntil;
  }

  /** What is given out as good as expired is used for a moment all the same, not asked for again with each request. */
  #notAtOnce(until: number): number {
    return Math.max(until, this.#now() + LEEWAY_MS);
  }

  #load(refused: boolean): Promise<Loaded> {
    return this.#loading ??= this.#read(refused)
      .then((loaded) => this.#loaded = loaded)
      .finally(() => this.#loading = undefined);
  }

  async #read(refused: boolean): Promise<Loaded> {
    const { user, cluster } = this.#target;
    const base: Loaded = {
      headers: impersonationHeaders(user),
      cert: await pem(user["client-certificate"], user["client-certificate-data"], "client certificate"),
      key: await pem(user["client-key"], user["client-key-data"], "client key"),
      renewable: user["client-certificate"] !== undefined,
    };
    if (user.tokenFile !== undefined) {
      const token = (await readKubeFile(user.tokenFile, "token file")).trim();
      const freshUntil = this.#now() + TOKEN_FILE_AGE_MS;
      return {
        ...base,
        ...bearer(base, token, `the token file ${user.tokenFile}`),
        freshUntil,
        renewable: true,
        keeps: true,
      };
    }
    if (user.token !== undefined) return bearer(base, user.token, "the token of this user");
    if (user.username !== undefined) {
      const bytes = new TextEncoder().encode(`${user.username}:${user.password ?? ""}`);
      return { ...base, headers: [...base.headers, ["authorization", `Basic ${bytes.toBase64()}`]] };
    }
    if (user.exec) {
      const options = { clock: this.clock, signal: this.#closed.signal };
      const { token, cert, key, expiresAt } = await runExecPlugin(user.exec, cluster, this.#env, options);
      const signed = token === undefined ? base : bearer(base, token, `the answer of the plug-in ${user.exec.command}`);
      const freshUntil = expiresAt === undefined ? undefined : this.#notAtOnce(expiresAt);
      return { ...signed, ...(cert === undefined ? {} : { cert, key }), freshUntil, renewable: true };
    }
    if (user["auth-provider"]) return await this.#fromAuthProvider(base, user["auth-provider"], refused);
    return base;
  }

  async #fromAuthProvider(
    base: Loaded,
    { name, config }: NonNullable<KubeUser["auth-provider"]>,
    refused: boolean,
  ): Promise<Loaded> {
    if (name !== "oidc") throw unsupportedProvider(name);
    this.#oidc ??= readOidcConfig(config);
    const held = this.#oidc["id-token"];
    const expiry = held === undefined ? 0 : tokenExpiry(held) ?? Infinity;
    if (refused || expiry - LEEWAY_MS <= this.#now()) {
      const tokens = await refreshIdToken(this.#oidc, this.#env, this.#closed.signal);
      this.#oidc["id-token"] = tokens.idToken;
      this.#oidc["refresh-token"] = tokens.refreshToken ?? this.#oidc["refresh-token"];
      if (this.#target.userOrigin !== undefined) await keepTokens(this.#target.userOrigin, tokens);
    }
    const token = this.#oidc["id-token"]!;
    const end = tokenExpiry(token);
    return {
      ...bearer(base, token, "the id-token of this user"),
      freshUntil: end === undefined ? undefined : this.#notAtOnce(end - LEEWAY_MS),
      renewable: this.#oidc["refresh-token"] !== undefined,
    };
  }
}

/** @param what the token is, for the message, which must not quote it */
function bearer<T extends Credentials>(credentials: T, token: string, what: string): T {
  if (!/^[\x21-\x7e]+$/.test(token)) {
    const state = token === "" ? "it is empty" : "it has characters that no token has";
    throw new KubeconfigError(`Cannot use ${what}: ${state}`, { hint: "Log in again, or pass --token" });
  }
  return { ...credentials, headers: [...credentials.headers, ["authorization", `Bearer ${token}`]] };
}

function unsupportedProvider(name: string): KubeconfigError {
  const instead: Record<string, string> = {
    gcp: "Install gke-gcloud-auth-plugin and run `gcloud container clusters get-credentials` again",
    azure: "Install kubelogin and run `kubelogin convert-kubeconfig`",
  };
  return new KubeconfigError(`Cannot use the auth provider "${name}" of the kubeconfig: Kubernetes has given it up`, {
    hint: instead[name] ?? "Use an exec plug-in instead, or pass --token",
  });
}

function areEqual(a: Credentials, b: Credentials): boolean {
  return a.cert === b.cert && a.key === b.key && JSON.stringify(a.headers) === JSON.stringify(b.headers);
}
