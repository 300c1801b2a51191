import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { ListenGuard } from "../../src/daemon/listen_guard.ts";
import { type Handler, RequestGate } from "../../src/daemon/request_gate.ts";
import { recordingLog } from "./fake_log.ts";

const TOKEN = "0123456789abcdef:with-colon";
const needed: ListenGuard["token"] = { is: "needed", token: TOKEN };
const basic = (pair: string) => `Basic ${btoa(pair)}`;

const behaviour: [
  name: string,
  token: ListenGuard["token"],
  path: string,
  header: string | undefined,
  status: number,
][] = [
  ["lets everybody in where no token is asked for", { is: "open" }, "/metrics", undefined, 200],
  ["wants the token", needed, "/metrics", undefined, 401],
  ["takes it as a bearer token", needed, "/metrics", `Bearer ${TOKEN}`, 200],
  ["minds no casing of the scheme", needed, "/metrics", `bearer ${TOKEN}`, 200],
  ["takes it as a password", needed, "/metrics", basic(`anybody:${TOKEN}`), 200],
  ["does not take it as a name", needed, "/metrics", basic(`${TOKEN}:`), 401],
  ["refuses another token", needed, "/metrics", `Bearer ${TOKEN.replace("0", "1")}`, 401],
  ["refuses the beginning of it", needed, "/metrics", `Bearer ${TOKEN.slice(0, -1)}`, 401],
  ["refuses more than it", needed, "/metrics", `Bearer ${TOKEN}x`, 401],
  ["refuses none in the right form", needed, "/metrics", "Bearer ", 401],
  ["refuses what is no base64", needed, "/metrics", "Basic %%%", 401],
  ["refuses another scheme", needed, "/metrics", `Digest ${TOKEN}`, 401],
  ["wants it for /readyz, which tells of the store", needed, "/readyz", undefined, 401],
  ["answers /healthz to everybody", needed, "/healthz", undefined, 200],
  ["takes nothing for /healthz that only begins so", needed, "/healthz/../metrics", undefined, 401],
  ["keeps closed what no token opens", { is: "closed" }, "/metrics", `Bearer ${TOKEN}`, 401],
  ["answers /healthz even then", { is: "closed" }, "/healthz", undefined, 200],
];
for (const [name, token, path, header, status] of behaviour) {
  Deno.test(`RequestGate ${name}`, async () => {
    let asked = 0;
    const handler: Handler = () => Promise.resolve((asked++, new Response("ok")));
    const { log, lines } = recordingLog();
    const gate = new RequestGate(handler, { guard: { token }, log });
    const headers: Record<string, string> = header === undefined ? {} : { authorization: header };
    const response = await gate.answer(new Request(`http://127.0.0.1${path}`, { headers }), "10.0.0.9");
    strictEqual(response.status, status);
    strictEqual(asked, status === 200 ? 1 : 0);
    if (status === 401) match(response.headers.get("www-authenticate")!, /Bearer.*Basic/);
    strictEqual(JSON.stringify(lines).includes("0123456789"), false, "no token in the log");
  });
}

const names: [url: string, local: boolean, token: ListenGuard["token"], status: number][] = [
  ["http://127.0.0.1:9090/metrics", true, { is: "open" }, 200],
  ["http://localhost:9090/metrics", true, { is: "open" }, 200],
  ["http://[::1]:9090/metrics", true, { is: "open" }, 200],
  ["http://rebound.test:9090/metrics", true, { is: "open" }, 421],
  ["http://rebound.test:9090/healthz", true, { is: "open" }, 200],
  ["http://rebound.test:9090/metrics", true, needed, 200],
  ["http://host.test:9090/metrics", false, { is: "open" }, 200],
];
for (const [url, local, token, status] of names) {
  const how = `${local ? "on the loopback" : "for other machines"}, ${
    token.is === "open" ? "without" : "with"
  } a token`;
  Deno.test(`RequestGate answers ${url} with ${status} ${how}`, async () => {
    const gate = new RequestGate(() => Promise.resolve(new Response()), {
      guard: { token },
      local,
      log: recordingLog().log,
    });
    const request = new Request(url, { headers: { authorization: `Bearer ${TOKEN}` } });
    strictEqual((await gate.answer(request, "127.0.0.1")).status, status);
  });
}

Deno.test("RequestGate tells of refusals once a minute, and how many there were", async () => {
  let now = 0;
  const { log, lines } = recordingLog();
  const gate = new RequestGate(() => Promise.resolve(new Response()), {
    guard: { token: needed },
    log,
    now: () => now,
  });
  const ask = () => gate.answer(new Request("http://127.0.0.1/metrics"), "10.0.0.9");
  for (let i = 0; i < 5; i++) await ask();
  now = 59_999;
  await ask();
  now = 60_000;
  await ask();
  deepStrictEqual(lines.map(({ count, from }) => [count, from]), [[1, "10.0.0.9"], [6, "10.0.0.9"]]);
});

Deno.test("RequestGate answers so many at once, each within its time", async () => {
  const never: Handler = () => new Promise(() => {});
  const gate = new RequestGate(never, { log: recordingLog().log, answerWithinMs: 50 });
  const ask = () => gate.answer(new Request("http://127.0.0.1/metrics"), "10.0.0.9");
  const answers = Array.from({ length: 32 }, ask);
  match(await (await ask()).text(), /too many/);
  const texts = await Promise.all(answers.map(async (answer) => await (await answer).text()));
  strictEqual(texts.every((text) => text === "no answer within 50 ms\n"), true);
  strictEqual(gate.inFlight, 0);
});
