import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { jsonEntry } from "../../../bundle/entry.ts";
import type { Clock } from "../../../core/clock.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import { selfCommand } from "../../../core/self.ts";
import { type CollectContext, defineCollector } from "../../collector.ts";
import { startDeadline, timeoutMs } from "../../deadline.ts";
import { textField } from "../../text_field.ts";
import { findCommand, type GroupedChild, startGrouped } from "./child_process.ts";
import type { EchoRequest, EchoResult } from "./echo_peer.ts";
import { toolEnvironment } from "./host_command.ts";
import { networkEnd } from "./ipv4_network.ts";
import { type NamespaceAddresses, namespaceAddresses } from "./netns_addresses.ts";
import { makeNetworkNamespace } from "./network_namespace.ts";
import { ownTimeMs } from "./own_time.ts";
import { portField } from "./port_field.ts";
import { parseRoutes } from "./subnet_available.ts";

const TIMEOUT_MS = 5_000;
const START_MS = 20_000;

export interface NamespaceConnectivity {
  from_cidr: string;
  to_cidr: string;
  /** Empty where nothing went wrong. */
  errors: {
    from_cidr_creation: string;
    to_cidr_creation: string;
    udp_client: string;
    udp_server: string;
    tcp_client: string;
    tcp_server: string;
  };
  output: { logs: string[] };
  success: boolean;
}

export const networkNamespaceConnectivity = defineCollector({
  kind: "networkNamespaceConnectivity",
  where: "host",
  summary:
    "Whether this machine passes packets between two networks, tried in network namespaces made for it; needs root",
  title: ({ collectorName }) => collectorName || "Host Network Namespace Connectivity",
  fields: () => ({
    fromCIDR: textField().describe("Network that packets come from, such as 10.32.0.0/20"),
    toCIDR: textField().describe("Network that packets go to"),
    port: portField().default(8080).describe("Port to try"),
    timeout: textField().optional().describe("Longest time of each try, such as 10s; without it 5s"),
  }),
  async *collect(config, context) {
    if (config.fromCIDR === config.toCIDR) {
      throw new SupportBundleError("Cannot try the connection: fromCIDR and toCIDR are the same network", {
        code: "SPEC_VALUE",
        hint: "Name two networks",
      });
    }
    const networks = { from: namespaceAddresses(config.fromCIDR), to: namespaceAddresses(config.toCIDR) };
    const check = new NamespaceCheck(config.fromCIDR, config.toCIDR, context.clock);
    const ms = ownTimeMs(timeoutMs(config.timeout) ?? TIMEOUT_MS, context);
    if (Deno.build.os === "linux") await check.run(networks, config.port, ms, context);
    else check.fail("from_cidr_creation", `network namespaces are unsupported on this system (${Deno.build.os})`);
    const name = config.collectorName || "networkNamespaceConnectivity";
    yield jsonEntry(bundlePath("host-collectors/system", `${name}.json`), check.result);
  },
});

class NamespaceCheck {
  readonly result: NamespaceConnectivity;

  constructor(from: string, to: string, private readonly clock: Clock) {
    this.result = {
      from_cidr: from,
      to_cidr: to,
      errors: {
        from_cidr_creation: "",
        to_cidr_creation: "",
        udp_client: "",
        udp_server: "",
        tcp_client: "",
        tcp_server: "",
      },
      output: { logs: [] },
      success: false,
    };
  }

  log(message: string): void {
    this.result.output.logs.push(`[${this.clock.now().toISOString()}] ${message}`);
  }

  fail(what: keyof NamespaceConnectivity["errors"], why: string): void {
    if (why === "") return;
    this.result.errors[what] = why;
    this.log(`${what}: ${why}`);
  }

  /** Every failure is part of the result. Nothing of what it makes is left.
   * @throws the signal's reason when aborted */
  async run(
    networks: Record<"from" | "to", NamespaceAddresses>,
    port: number,
    ms: number,
    context: CollectContext,
  ): Promise<void> {
    const mark = crypto.randomUUID().slice(0, 4);
    await using made = new AsyncDisposableStack();
    const make = async (side: "from" | "to") => {
      try {
        await refuseOverlap(networks[side]);
        const { inner, outer } = networks[side];
        const namespace = made.use(await makeNetworkNamespace(`${side}-${mark}`, networks[side], context.signal));
        this.log(`network namespace ${namespace.name} made: ${inner}, reached over ${outer}`);
        return namespace.name;
      } catch (error) {
        context.signal.throwIfAborted();
        this.fail(`${side}_cidr_creation`, describeError(error));
      }
    };
    const from = await make("from");
    const to = await make("to");
    if (from === undefined || to === undefined) return;
    const forwards = await readFile("/proc/sys/net/ipv4/ip_forward", "utf8").catch(() => "");
    if (forwards.trim() === "0") this.log("this machine passes no packets on: net.ipv4.ip_forward is 0");

    const address = { hostname: networks.to.inner, port };
    const lifetimeMs = START_MS + 2 * ms + START_MS;
    const server = await startPeer(to, { ...address, role: "server", timeoutMs: lifetimeMs }, lifetimeMs, context);
    made.defer(() => server.close());
    const listening = await server.result;
    this.fail("udp_server", listening.udp);
    this.fail("tcp_server", listening.tcp);
    this.log(`listening on ${address.hostname}:${port}`);
    const clientMs = START_MS + 2 * ms;
    const client = await startPeer(from, { ...address, role: "client", timeoutMs: ms }, clientMs, context);
    made.defer(() => client.close());
    const asked = await client.result;
    this.fail("udp_client", asked.udp);
    this.fail("tcp_client", asked.tcp);
    this.result.success = Object.values(this.result.errors).every((error) => error === "");
    this.log(this.result.success ? "both protocols came through" : "not everything came through");
  }
}

/** A link whose network the machine has a route to already would take that network's packets. */
async function refuseOverlap({ network }: NamespaceAddresses): Promise<void> {
  const routes = parseRoutes(await readFile("/proc/net/route", "utf8"));
  if (routes.some((route) => route.start < networkEnd(network) && network.start < networkEnd(route))) {
    throw new SupportBundleError("this machine has a route into that network: it would be taken over for the check");
  }
}

/** Starts this program again, in a namespace, as {@linkcode EchoRequest} says. */
async function startPeer(
  namespace: string,
  request: EchoRequest,
  ms: number,
  { clock, signal, env }: CollectContext,
): Promise<{ result: Promise<EchoResult>; close(): Promise<void> }> {
  const tools = toolEnvironment(env);
  const self = selfCommand();
  const deadline = startDeadline(clock, ms, signal);
  const args = ["netns", "exec", namespace, self.command, ...self.args, "echo-peer", JSON.stringify(request)];
  const child = startGrouped(await findCommand("ip", tools), {
    args,
    cwd: tmpdir(),
    env: tools,
    signal: deadline.signal,
  });
  const errors = new Response(child.stderr as ReadableStream<Uint8Array<ArrayBuffer>>).text();
  return {
    result: firstLine(child).then(async (line) => {
      signal.throwIfAborted();
      if (line !== undefined) return JSON.parse(line);
      const why = deadline.expired ? "it did not answer in time" : (await errors).trim().split("\n").at(-1);
      return { udp: why || "it ended without a result", tcp: why || "it ended without a result" };
    }),
    async close() {
      deadline[Symbol.dispose]();
      await child.close();
      await errors;
    },
  };
}

async function firstLine(child: GroupedChild): Promise<string | undefined> {
  let text = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  try {
    while (!text.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += value;
    }
    return text.slice(0, text.indexOf("\n"));
  } finally {
    await reader.cancel();
  }
}
