import { describeError, SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import type { DaemonLog } from "./daemon_log.ts";
import { namesThisMachine } from "./loopback_host.ts";
import type { PrometheusMetrics } from "./metrics.ts";
import { checkReadiness, type ReadinessChecks } from "./readiness.ts";
import { DEFAULT_HEALTH_ADDRESS, DEFAULT_METRICS_ADDRESS, type ListenAddress, type Settings } from "./settings.ts";

export interface HealthServerOptions {
  address: ListenAddress;
  /** Absent: `/metrics` is not served. */
  metrics?: Pick<PrometheusMetrics, "contentType" | "text">;
  /** Absent: `/healthz` and `/readyz` are not served. */
  ready?: ReadinessChecks;
  /** Answers `/` and `/status.json`. Absent: they are not served. */
  page?(request: Request): Promise<Response>;
  /** A check that takes longer has failed. Default 3 s. */
  checkTimeoutMs?: number;
  log: DaemonLog;
}

/** Serves `/healthz`, `/readyz`, `/metrics` and the status page to whoever watches the daemon. */
export class HealthServer {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #stopping: Promise<void> | undefined;

  /** @throws Deno.errors.AddrInUse and its like when the port cannot be had */
  constructor(private readonly options: HealthServerOptions) {
    this.#server = Deno.serve({
      ...options.address,
      onListen: () => {},
      onError: (error) => {
        options.log.warn("a request to the health server failed", { error: describeError(error) });
        return new Response("error\n", { status: 500 });
      },
    }, (request) => this.#answer(request));
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** Twice is harmless. */
  stop(): Promise<void> {
    return this.#stopping ??= this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const { metrics, ready, page } = this.options;
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("only GET\n", { status: 405, headers: { allow: "GET, HEAD" } });
    }
    if (pathname === "/metrics" && metrics !== undefined) {
      return new Response(await metrics.text(), { headers: { "content-type": metrics.contentType } });
    }
    if (pathname === "/healthz" && ready !== undefined) return new Response("ok\n");
    if (pathname === "/readyz" && ready !== undefined) {
      return await readiness(ready, this.options.checkTimeoutMs);
    }
    if (page !== undefined && (pathname === "/" || pathname === "/status.json")) {
      if (namesThisMachine(request, this.options.address.hostname)) return await page(request);
      return new Response("ask for localhost or 127.0.0.1: other names are not answered here\n", { status: 421 });
    }
    const paths = [
      ...(page === undefined ? [] : ["/", "/status.json"]),
      ...(ready === undefined ? [] : ["/healthz", "/readyz"]),
      ...(metrics === undefined ? [] : ["/metrics"]),
    ];
    return new Response(`not here; there is ${paths.join(", ")}\n`, { status: 404 });
  }
}

/** A port that the settings ask for is somebody else's. */
export class PortInUseError extends SupportBundleError {
  constructor(setting: string, { hostname, port }: ListenAddress, cause: unknown) {
    super(`Cannot listen on ${hostname}:${port} (\`${setting}\`): ${describeError(cause)}`, {
      code: "PORT_IN_USE",
      exitCode: EXIT.daemon,
      hint: `Set \`${setting}\` to another port, or to 0 for any free one`,
      cause,
    });
  }
}

/** Opens the servers that the settings ask for: one when metrics and health share an address. A default port that is in
 * use is a warning, and that server is left out.
 * @throws {PortInUseError} when a port that was asked for cannot be had */
export function openServers(
  settings: Pick<Settings, "metricsPort" | "healthCheckPort">,
  metrics: HealthServerOptions["metrics"],
  ready: ReadinessChecks,
  log: DaemonLog,
  page?: HealthServerOptions["page"],
): { servers: HealthServer[]; ports: { metrics?: number; health?: number }; warnings: string[] } {
  const servers: HealthServer[] = [];
  const warnings: string[] = [];
  const open = (setting: "metricsPort" | "healthCheckPort", options: Omit<HealthServerOptions, "log">) => {
    try {
      const server = new HealthServer({ ...options, log });
      servers.push(server);
      return server.port;
    } catch (error) {
      if (settings[setting] !== undefined) {
        for (const server of servers) void server.stop();
        throw new PortInUseError(setting, options.address, error);
      }
      const { hostname, port } = options.address;
      warnings.push(`not listening on ${hostname}:${port} (the default of \`${setting}\`): ${describeError(error)}`);
      return undefined;
    }
  };
  const metricsAddress = settings.metricsPort ?? DEFAULT_METRICS_ADDRESS;
  const healthAddress = settings.healthCheckPort ?? DEFAULT_HEALTH_ADDRESS;
  const same = metrics !== undefined && healthAddress.port !== 0 && healthAddress.port === metricsAddress.port &&
    healthAddress.hostname === metricsAddress.hostname;
  if (same) {
    const port = open("healthCheckPort", { address: healthAddress, metrics, ready, page });
    return { servers, ports: { metrics: port, health: port }, warnings };
  }
  const ports = {
    metrics: metrics === undefined ? undefined : open("metricsPort", { address: metricsAddress, metrics }),
    health: open("healthCheckPort", { address: healthAddress, ready, page }),
  };
  return { servers, ports, warnings };
}

async function readiness(checks: ReadinessChecks, timeoutMs?: number): Promise<Response> {
  const problems = await checkReadiness(checks, timeoutMs);
  const lines = [...problems].map(([name, problem]) => `${name}: ${problem || "ok"}\n`);
  const ready = [...problems.values()].every((problem) => problem === "");
  return new Response(lines.join(""), { status: ready ? 200 : 503 });
}
