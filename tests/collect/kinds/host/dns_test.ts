import { deepStrictEqual, match, rejects, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import type { CollectContext } from "../../../../src/collect/collector.ts";
import { decodeReply, encodeQuestion } from "../../../../src/collect/kinds/host/dns_message.ts";
import { dns, dnsFiles } from "../../../../src/collect/kinds/host/dns.ts";
import { candidateNames, parseResolvConf } from "../../../../src/collect/kinds/host/resolv_conf.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { collectContext } from "../../collect_all.ts";
import { startDnsServer, type Zone } from "./dns_server.ts";

const confs = [
  [
    "a usual one",
    "# by hand\nnameserver 10.0.0.53\nnameserver fd00::53 ; second\nsearch a.test b.test\noptions ndots:5\n",
    {
      servers: ["10.0.0.53", "fd00::53"],
      search: ["a.test", "b.test"],
      ndots: 5,
    },
  ],
  ["the last of search and domain", "search a.test\ndomain b.test\n", { servers: [], search: ["b.test"], ndots: 1 }],
  ["nothing", "", { servers: [], search: [], ndots: 1 }],
] as const;
for (const [name, text, expect] of confs) {
  Deno.test(`parseResolvConf() reads ${name}`, () => deepStrictEqual<unknown>(parseResolvConf(text), expect));
}

const candidates = [
  ["a full name alone", "x.test.", 5, ["x.test."]],
  ["a name with dots first as it is", "x.test", 1, ["x.test.", "x.test.a.test.", "x.test.b.test."]],
  ["a name with too few dots last as it is", "x.test", 2, ["x.test.a.test.", "x.test.b.test.", "x.test."]],
  ["a single label by the search list", "x", 1, ["x.a.test.", "x.b.test.", "x."]],
] as const;
for (const [name, hostname, ndots, expect] of candidates) {
  Deno.test(`candidateNames() has ${name}`, () => {
    const conf = { servers: [], search: ["a.test", "b.test."], ndots };
    deepStrictEqual(candidateNames(hostname, conf).map(({ name }) => name), expect);
  });
}

const unaskable = ["", "a..b", ".", `${"a".repeat(64)}.test`, Array(52).fill("abcd").join(".")];
for (const name of unaskable) {
  Deno.test(`encodeQuestion() knows no question for "${name.slice(0, 20)}"`, () => {
    strictEqual(encodeQuestion(1, name, "A"), undefined);
  });
}

const header = (answers: number) => [0, 1, 0x81, 0x80, 0, 0, 0, answers, 0, 0, 0, 0];
const hostile: [string, number[]][] = [
  ["a name that points at itself", [...header(1), 0xc0, 12, 0, 1, 0, 1]],
  ["a name beyond the end", [...header(1), 40, 1, 2]],
  ["a record that is cut", [...header(1), 0, 0, 1, 0, 1, 0]],
  ["an address of a wrong length", [...header(1), 0, 0, 1, 0, 1, 0, 0, 0, 9, 0, 2, 1, 2]],
];
for (const [name, bytes] of hostile) {
  Deno.test(`decodeReply() refuses ${name}`, () => throws(() => decodeReply(new Uint8Array(bytes), 1), RangeError));
}
Deno.test("decodeReply() takes no other message for a reply", () => {
  strictEqual(decodeReply(new Uint8Array(header(0)), 2), undefined);
  strictEqual(decodeReply(new Uint8Array([0, 1, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 1), undefined);
  strictEqual(decodeReply(new Uint8Array([0, 1]), 1), undefined);
});

const zone: Zone = {
  "web.a.test. 1": [{ type: 1, ttl: 300, data: [192, 0, 2, 7] }, { type: 1, ttl: 300, data: [192, 0, 2, 8] }],
  "six. 28": [{ type: 28, ttl: 60, data: [0x20, 1, 0x0d, 0xb8, ...Array(11).fill(0), 5] }],
  "alias.test. 1": [{ type: 5, ttl: 5, data: [3, 119, 101, 98, 0] }],
  "mute. 1": "silent",
  "large. 1": "truncated",
  "large. 1 tcp": [{ type: 1, ttl: 1, data: [192, 0, 2, 9] }],
};

/** What is found with a server of this zone and a resolv.conf that names it. */
async function lookUp(
  hostnames: string[],
  more: string,
  { title = "dns", asked, ...context }: Partial<CollectContext> & { title?: string; asked?: string[] } = {},
) {
  const folder = await Deno.makeTempDir({ prefix: "resolv-" });
  await using server = startDnsServer(zone, asked);
  const resolvConf = join(folder, "resolv.conf");
  try {
    await Deno.writeTextFile(resolvConf, `nameserver 127.0.0.1\n${more}`);
    const entries = await Array.fromAsync(
      dnsFiles(hostnames, title, collectContext(context), { resolvConf, port: server.port }),
    );
    const files = entries.flatMap((entry) =>
      entry.type === "file" ? [[entry.path, new TextDecoder().decode(entry.bytes)] as const] : []
    );
    const missing = entries.flatMap((entry) => entry.type === "missing" ? [entry] : []);
    const at = `127.0.0.1:${server.port}`;
    return { files, missing, result: JSON.parse(files[0]![1]), at };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const lookups: [string, string, string, { name: string; search: string; answer: string; record: string }[]][] = [
  ["an address by the search list", "web", "search b.test a.test\n", [
    { search: "b.test", name: "web.b.test.", answer: "", record: "" },
    { search: "a.test", name: "web.a.test.", answer: "web.a.test.\t300\tIN\tA\t192.0.2.7", record: "192.0.2.7" },
    { search: "", name: "web.", answer: "", record: "" },
  ]],
  ["an IPv6 address where there is no other", "six", "", [
    { search: "", name: "six.", answer: "six.\t60\tIN\tAAAA\t2001:db8::5", record: "2001:db8::5" },
  ]],
  ["what a name stands for", "alias.test.", "search a.test\n", [
    { search: "", name: "alias.test.", answer: "alias.test.\t5\tIN\tCNAME\tweb.", record: "web." },
  ]],
  ["what fits into no datagram", "large", "", [
    { search: "", name: "large.", answer: "large.\t1\tIN\tA\t192.0.2.9", record: "192.0.2.9" },
  ]],
  ["nothing of a name that cannot be asked for", "a..b", "", [{ search: "", name: "a..b.", answer: "", record: "" }]],
];
for (const [name, hostname, more, expect] of lookups) {
  Deno.test(`dns finds ${name}`, async () => {
    const { result, at, missing } = await lookUp([hostname], more);
    deepStrictEqual(result.query, { [hostname]: expect.map((lookup) => ({ server: at, ...lookup })) });
    deepStrictEqual(missing, []);
  });
}

Deno.test("dns tells the search domains that helped, and takes resolv.conf along", async () => {
  const { files, result } = await lookUp(["web", "six"], "search a.test\n", { title: "my names" });
  deepStrictEqual(files.map(([path]) => path), [
    "host-collectors/dns/my_names/result.json",
    "host-collectors/dns/my_names/resolv.conf",
  ]);
  match(files[0]![1], /^\{\n {2}"query": \{\n {4}"web": \[\n {6}\{\n {8}"server": /);
  strictEqual(files[1]![1], "nameserver 127.0.0.1\nsearch a.test\n");
  strictEqual(result.resolvedFromSearch, "a.test");
});

Deno.test("dns waits five seconds for a server, does not ask it again for that name, and says so", async () => {
  const clock = new ManualClock();
  const asked: string[] = [];
  const running = lookUp(["mute"], "", { clock, asked });
  while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await clock.advance(5_000);
  const { result, missing } = await running;
  deepStrictEqual([result.query.mute[0].answer, asked], ["", ["mute. 1"]]);
  deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [["dns", "failed"]]);
  match(missing[0]!.message, /127\.0\.0\.1 did not reply/);
});

Deno.test("dns ends at once with the run", async () => {
  const controller = new AbortController();
  const clock = new ManualClock();
  const running = lookUp(["mute"], "", { clock, signal: controller.signal });
  await clock.untilSleeping(2);
  controller.abort(new DOMException("stop", "AbortError"));
  await rejects(running, { name: "AbortError" });
});

Deno.test("dns needs names, and a server", async () => {
  throws(() => dns.schema.parse({ hostnames: [] }));
  const files = dnsFiles(["x"], "dns", collectContext(), { resolvConf: "/no/such/resolv.conf", port: 53 });
  await rejects(Array.fromAsync(files), { code: "HOST_FILE" });
});
