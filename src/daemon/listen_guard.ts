import { isLoopback } from "../core/loopback.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import type { ReadSecret } from "../core/credential_reference.ts";
import { describeError, SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import type { DaemonLog } from "./daemon_log.ts";
import { type ListenAddress, type Settings } from "./settings.ts";

export type ListenSettings = Pick<
  Settings,
  | "metricsEnabled"
  | "metricsPort"
  | "healthCheckPort"
  | "tlsCertFile"
  | "tlsKeyFile"
  | "listenToken"
  | "insecureListen"
  | "requireAuth"
>;

/** A certificate chain and its key, PEM. */
export interface TlsPair {
  cert: string;
  key: string;
}

/** Settings by which the daemon would listen as it must not, or cannot. */
export class ListenError extends SupportBundleError {
  constructor(message: string, hint: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: "LISTEN_REFUSED", exitCode: EXIT.daemon, hint });
  }
}

const RENEW_EVERY_MS = 30_000;
const MIN_TOKEN_LENGTH = 16;

/** Refuses to listen beyond this machine without TLS and a token, unless the settings insist.
 * @returns what to warn of
 * @throws {ListenError} */
export function checkListening(settings: ListenSettings): string[] {
  const { tlsCertFile, tlsKeyFile, listenToken, insecureListen, requireAuth } = settings;
  if ((tlsCertFile === undefined) !== (tlsKeyFile === undefined)) {
    const [given, absent] = tlsKeyFile === undefined ? ["tlsCertFile", "tlsKeyFile"] : ["tlsKeyFile", "tlsCertFile"];
    throw new ListenError(
      `Cannot listen with TLS: there is \`${given}\`, but no \`${absent}\``,
      `Set \`${absent}\` too`,
    );
  }
  const lacking = [
    ...tlsCertFile === undefined ? ["TLS (`tlsCertFile`, `tlsKeyFile`)"] : [],
    ...listenToken === undefined ? ["a token (`listenToken`)"] : [],
  ];
  const warnings = requireAuth && listenToken === undefined
    ? ["`requireAuth` is set and `listenToken` is not: only /healthz is answered"]
    : [];
  for (const setting of ["metricsPort", "healthCheckPort"] as const) {
    const address = settings[setting];
    if (address === undefined || isLoopback(address.hostname) || lacking.length === 0) continue;
    if (setting === "metricsPort" && !settings.metricsEnabled) continue;
    const where = `${shownAddress(address)} (\`${setting}\`)`;
    if (!insecureListen) {
      throw new ListenError(
        `Cannot listen on ${where}: other machines can reach it, and there is no ${lacking.join(" and no ")}`,
        "Set what is missing, or listen on 127.0.0.1; `insecureListen: true` listens all the same",
      );
    }
    warnings.push(`insecure: ${where} can be reached by other machines without ${lacking.join(" and ")}`);
  }
  return warnings;
}

export function shownAddress({ hostname, port }: ListenAddress): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

/** Certificate, key and token of the daemon's HTTP listeners; read again as their files change. */
export class ListenGuard {
  #tls: TlsPair | undefined;
  #token: string | undefined;
  #fault = "";
  readonly #onTls = new Set<(tls: TlsPair) => Promise<void>>();
  readonly #stopping = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  private constructor(
    private readonly settings: ListenSettings,
    private readonly secret: ReadSecret,
    private readonly log: DaemonLog,
    /** What is not as it should be. */
    readonly warnings: readonly string[],
  ) {}

  /** @throws {ListenError} when the settings cannot be listened by */
  static async open(
    settings: ListenSettings,
    secret: ReadSecret,
    log: DaemonLog,
    clock: Clock = systemClock,
  ): Promise<ListenGuard> {
    const guard = new ListenGuard(settings, secret, log, checkListening(settings));
    guard.#tls = await guard.#readTls();
    guard.#token = await guard.#readToken();
    if (guard.#tls !== undefined || guard.#token !== undefined) guard.#watching = guard.#watch(clock);
    return guard;
  }

  get tls(): TlsPair | undefined {
    return this.#tls;
  }

  /** What requests must bring; `closed`: none that they could bring would do. */
  get token(): { is: "open" } | { is: "closed" } | { is: "needed"; token: string } {
    if (this.#token !== undefined) return { is: "needed", token: this.#token };
    return { is: this.settings.requireAuth ? "closed" : "open" };
  }

  /** @param renew is told of each new pair. @returns ends that */
  onTlsChange(renew: (tls: TlsPair) => Promise<void>): () => void {
    this.#onTls.add(renew);
    return () => void this.#onTls.delete(renew);
  }

  /** Reads the files again. What cannot be used leaves the old in effect, and is logged once. */
  async refresh(): Promise<void> {
    try {
      const [tls, token] = [await this.#readTls(), await this.#readToken()];
      this.#token = token;
      this.#fault = "";
      if (tls === undefined || (tls.cert === this.#tls?.cert && tls.key === this.#tls.key)) return;
      this.#tls = tls;
      await Promise.all([...this.#onTls].map((renew) => renew(tls)));
      this.log.info("the TLS certificate has changed; the new one is in use");
    } catch (error) {
      const fault = describeError(error);
      if (fault !== this.#fault) this.log.error("the old certificate and token stay in use", { error: fault });
      this.#fault = fault;
    }
  }

  /** Twice is harmless. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  async #watch(clock: Clock): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await clock.sleep(RENEW_EVERY_MS, signal);
      if (signal.aborted) return;
      await this.refresh();
    }
  }

  async #readTls(): Promise<TlsPair | undefined> {
    const { tlsCertFile, tlsKeyFile } = this.settings;
    if (tlsCertFile === undefined || tlsKeyFile === undefined) return undefined;
    const pair = {
      cert: await readPem("tlsCertFile", tlsCertFile),
      key: await readPem("tlsKeyFile", tlsKeyFile),
    };
    try {
      Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...pair }).close(); // the one who knows is TLS itself
    } catch (cause) {
      throw new ListenError(
        `Cannot listen with the certificate ${tlsCertFile} and the key ${tlsKeyFile}: ${describeError(cause)}`,
        "Correct the files: PEM, the certificate with its chain, and the key that belongs to it",
        { cause },
      );
    }
    return pair;
  }

  async #readToken(): Promise<string | undefined> {
    const { listenToken } = this.settings;
    if (listenToken === undefined) return undefined;
    let token: string;
    try {
      token = await this.secret(listenToken);
    } catch (cause) {
      const hint = cause instanceof SupportBundleError ? cause.hint : undefined;
      throw new ListenError(`Cannot listen with \`listenToken\`: ${describeError(cause)}`, hint ?? "Correct it", {
        cause,
      });
    }
    if (token.length >= MIN_TOKEN_LENGTH) return token;
    throw new ListenError(
      `Cannot listen with \`listenToken\`: it has fewer than ${MIN_TOKEN_LENGTH} characters, and could be guessed`,
      "Make one with `openssl rand -hex 32`",
    );
  }
}

async function readPem(setting: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new ListenError(
      `Cannot read ${path} (\`${setting}\`): ${describeError(cause)}`,
      "Check the path, and the account this program runs as",
      { cause },
    );
  }
}
