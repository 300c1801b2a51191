import { describeError, SupportBundleError } from "../../../core/errors.ts";
import { formatDuration } from "../../../core/duration.ts";
import { createExactHttpClient } from "../../../core/http_client.ts";
import { readBounded } from "../../bounded_body.ts";
import { type CollectContext, defineCollector } from "../../collector.ts";
import { startDeadline, timeoutMs } from "../../deadline.ts";
import { textField } from "../../text_field.ts";
import {
  bindFailure,
  checkFailed,
  CONNECTED,
  connectFailure,
  networkEntry,
  type NetworkResult,
} from "./network_status.ts";
import { ownTimeMs } from "./own_time.ts";
import { portField } from "./port_field.ts";
import { inTurn } from "./port_turns.ts";

const TIMEOUT_MS = 3_600_000;
const ATTEMPT_MS = 2_000;
const PAUSE_MS = 1_000;

export const httpLoadBalancer = defineCollector({
  kind: "httpLoadBalancer",
  where: "host",
  summary: "Whether an HTTP load balancer leads to a port of this machine",
  title: ({ collectorName }) => collectorName || "HTTP Load Balancer",
  fields: () => ({
    address: textField().describe("URL of the load balancer"),
    port: portField().describe("Port of this machine that it should lead to; it has to be free"),
    path: textField().optional().describe("Accepted and not used: the URL has the path"),
    timeout: textField().optional().describe("Longest time, such as 5m; without it 60m, or the run's own limit"),
  }),
  async *collect({ address, port, timeout, collectorName }, context) {
    const url = URL.parse(address);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new SupportBundleError("Cannot ask the load balancer: its address is not an http or https URL", {
        code: "SPEC_VALUE",
        hint: "Write an address such as http://lb.example.com/healthz",
      });
    }
    const ownMs = timeoutMs(timeout) ?? TIMEOUT_MS;
    const { result, bound } = await inTurn(
      "tcp",
      port,
      context.signal,
      () => reach(url, port, ownTimeMs(ownMs, context), context),
    );
    yield networkEntry("httpLoadBalancer", collectorName || "httpLoadBalancer", result, `POST ${url.origin}`);
    if (!bound) throw checkFailed(`TCP port ${port}`, result);
  },
});

/** Serves on the port for as long as it takes to see whether the address leads there. */
async function reach(
  url: URL,
  port: number,
  ms: number,
  { clock, signal, progress }: CollectContext,
): Promise<{ result: NetworkResult; bound: boolean }> {
  const question = crypto.randomUUID();
  const answer = crypto.randomUUID();
  const served = new AbortController();
  let server: Deno.HttpServer;
  try {
    server = Deno.serve(
      { hostname: "0.0.0.0", port, signal: served.signal, onListen() {}, onError: () => new Response(null) },
      async (request) => {
        const { bytes } = request.body === null
          ? { bytes: new Uint8Array() }
          : await readBounded(request.body, question.length);
        const known = request.method === "POST" && new TextDecoder().decode(bytes) === question;
        return known ? new Response(answer) : new Response(null, { status: 404 });
      },
    );
  } catch (error) {
    return { result: bindFailure(error), bound: false };
  }
  // A load balancer is not asked through the environment's proxies.
  const client = createExactHttpClient({ allowHost: true });
  using deadline = startDeadline(clock, ms, signal);
  let last = "";
  try {
    while (!deadline.expired) {
      try {
        const found = await ask(url, question, client, { clock, signal: deadline.signal });
        if (found === answer) return { result: CONNECTED, bound: true };
        last = "something else answers there";
      } catch (error) {
        signal.throwIfAborted();
        if (deadline.expired) break;
        const failure = connectFailure(error);
        if (failure.status === "connection-refused") return { result: failure, bound: true };
        last = describeError(error);
      }
      progress(last);
      await clock.sleep(PAUSE_MS, deadline.signal);
      signal.throwIfAborted();
    }
    const message = `not reached within ${formatDuration(ms)}${last === "" ? "" : `: ${last}`}`;
    return { result: { status: "connection-timeout", message }, bound: true };
  } finally {
    client.close();
    served.abort();
    await server.finished;
  }
}

async function ask(
  url: URL,
  question: string,
  client: Deno.HttpClient,
  { clock, signal }: Pick<CollectContext, "clock" | "signal">,
): Promise<string> {
  using attempt = startDeadline(clock, ATTEMPT_MS, signal);
  try {
    const response = await fetch(url, { method: "POST", body: question, client, signal: attempt.signal });
    const { bytes } = response.body === null
      ? { bytes: new Uint8Array() }
      : await readBounded(response.body, question.length);
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (attempt.expired) throw new Deno.errors.TimedOut("no answer in time");
    throw error;
  }
}
