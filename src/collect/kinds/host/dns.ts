import { readFile } from "node:fs/promises";
import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, jsonEntry, missing, textEntry } from "../../../bundle/entry.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import { type CollectContext, defineCollector } from "../../collector.ts";
import { startDeadline } from "../../deadline.ts";
import { textField } from "../../text_field.ts";
import { askDns, type DnsServer } from "./dns_client.ts";
import { type DnsAnswer, recordText } from "./dns_message.ts";
import { notSupported } from "./not_supported.ts";
import { ownTimeMs } from "./own_time.ts";
import { candidateNames, parseResolvConf } from "./resolv_conf.ts";

/** What one server says about one name. */
export interface DnsLookup {
  /** `192.0.2.53:53` */
  server: string;
  /** Domain of the search list that the name was made with; empty for none. */
  search: string;
  /** Fully qualified. */
  name: string;
  /** The first record, as zone files have it; empty for none. */
  answer: string;
  record: string;
}

const TIMEOUT_MS = 300_000;
const CONCURRENT = 8;

export const dns = defineCollector({
  kind: "dns",
  where: "host",
  summary: "What each DNS server of this machine says about names, with every domain of the search list",
  title: ({ collectorName }) => collectorName || "dns",
  fields: () => ({ hostnames: z.array(textField()).min(1).describe("Names to resolve") }),
  async *collect({ hostnames, collectorName }, context) {
    if (Deno.build.os === "windows") throw notSupported("The DNS servers", "Linux or macOS (/etc/resolv.conf)");
    yield* dnsFiles(hostnames, collectorName || "dns", context);
  },
});

/** @param at where the configuration is and on which port its servers listen, in tests */
export async function* dnsFiles(
  hostnames: readonly string[],
  title: string,
  context: CollectContext,
  at: { resolvConf: string; port: number } = { resolvConf: "/etc/resolv.conf", port: 53 },
): AsyncGenerator<Entry> {
  const folder = bundlePath("host-collectors/dns", title.replaceAll(" ", "_"));
  let text: string;
  try {
    text = await readFile(at.resolvConf, "utf8");
  } catch (cause) {
    throw new SupportBundleError("Cannot read which DNS servers this machine has", { code: "HOST_FILE", cause });
  }
  const conf = parseResolvConf(text);
  const lookups = hostnames.flatMap((hostname) =>
    candidateNames(hostname, conf).flatMap(({ name, search }) =>
      conf.servers.map((server) => ({ hostname, name, search, at: { hostname: server, port: at.port } }))
    )
  );
  using deadline = startDeadline(context.clock, ownTimeMs(TIMEOUT_MS, context), context.signal);
  const found: (DnsAnswer | undefined)[] = lookups.map(() => undefined);
  const failures = new Map<string, string>();
  const waiting = lookups.entries();
  const work = async () => {
    for (const [index, { name, at }] of waiting) {
      if (deadline.expired) return;
      try {
        found[index] = await firstAnswer(at, name, { ...context, signal: deadline.signal });
      } catch (error) {
        context.signal.throwIfAborted();
        // A server that is silent once is not asked again for the same name.
        failures.set(at.hostname, describeError(error));
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, work));

  const query: Record<string, DnsLookup[]> = Object.fromEntries(hostnames.map((hostname) => [hostname, []]));
  const resolved = new Set<string>();
  for (const [index, { hostname, name, search, at }] of lookups.entries()) {
    const answer = found[index];
    const server = at.hostname.includes(":") ? `[${at.hostname}]:${at.port}` : `${at.hostname}:${at.port}`;
    const texts = { answer: answer === undefined ? "" : recordText(answer), record: answer?.value ?? "" };
    query[hostname]!.push({ server, search, name, ...texts });
    if (answer !== undefined && search !== "") resolved.add(search);
  }
  yield jsonEntry(`${folder}/result.json`, { query, resolvedFromSearch: [...resolved].join(", ") }, {
    source: `${conf.servers.length} DNS servers of ${at.resolvConf}`,
  });
  yield textEntry(`${folder}/resolv.conf`, text, at.resolvConf);
  for (const [server, why] of failures) {
    yield missing(title, "failed", `The DNS server ${server} did not reply: ${why}`);
  }
  if (conf.servers.length === 0) {
    throw new SupportBundleError(`Cannot resolve names: ${at.resolvConf} has no nameserver`, { code: "HOST_FILE" });
  }
}

/** Of an address, an IPv6 address and another name, what there is first; undefined when the server has none of them.
 * @throws when it does not reply */
async function firstAnswer(server: DnsServer, name: string, context: CollectContext): Promise<DnsAnswer | undefined> {
  for (const type of ["A", "AAAA", "CNAME"] as const) {
    const reply = await askDns(server, name, type, context);
    if (reply?.answer !== undefined) return reply.answer;
  }
}
