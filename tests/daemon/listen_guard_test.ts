import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import { isLoopback } from "../../src/core/loopback.ts";
import { checkListening, ListenError, ListenGuard } from "../../src/daemon/listen_guard.ts";
import { parseSettings } from "../../src/daemon/load_settings.ts";
import { hasOpenssl, makeCertificates } from "../fixtures/certificates.ts";
import { ManualClock } from "../manual_clock.ts";
import { recordingLog } from "./fake_log.ts";
import { secretsOf } from "../secrets.ts";

const hosts: [host: string, expect: boolean][] = [
  ["127.0.0.1", true],
  ["127.8.9.1", true],
  ["localhost", true],
  ["::1", true],
  ["::ffff:127.0.0.1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.5", false],
  ["127.0.0.1.evil.test", false],
  ["myhost", false],
];
for (const [host, expect] of hosts) {
  Deno.test(`isLoopback() says ${expect} of ${host}`, () => strictEqual(isLoopback(host), expect));
}

const TLS = "tlsCertFile: /c.pem\ntlsKeyFile: /k.pem\n";
const TOKEN = "listenToken: file:/token\n";
const OPEN = 'metricsPort: "0.0.0.0:9090"\n';
const listening: [name: string, settings: string, expect: RegExp[] | { refused: RegExp }][] = [
  ["listens on the loopback without anything", "metricsPort: 9090\n", []],
  ["refuses other machines without TLS and token", OPEN, {
    refused: /0\.0\.0\.0:9090 \(`metricsPort`\): .*no TLS .*no a token/,
  }],
  ["refuses other machines without a token", OPEN + TLS, { refused: /no a token \(`listenToken`\)$/ }],
  ["refuses other machines without TLS", OPEN + TOKEN, { refused: /no TLS \(`tlsCertFile`, `tlsKeyFile`\)$/ }],
  ["refuses the health port as well", 'healthCheckPort: "[::]:1"\n', { refused: /\[::\]:1 \(`healthCheckPort`\)/ }],
  ["takes a host that is left out for all", 'metricsPort: ":9090"\n', { refused: /0\.0\.0\.0:9090/ }],
  ["listens to other machines with both", OPEN + TLS + TOKEN, []],
  ["minds no port that is not served", OPEN + "metricsEnabled: false\n", []],
  ["listens and warns where the settings insist", OPEN + "insecureListen: true\n", [/insecure: 0\.0\.0\.0:9090/]],
  ["wants a key with a certificate", "tlsCertFile: /c.pem\n", { refused: /no `tlsKeyFile`/ }],
  ["warns that nobody can ask", "requireAuth: true\n", [/only \/healthz is answered/]],
];
for (const [name, text, expect] of listening) {
  Deno.test(`checkListening() ${name}`, async () => {
    const { settings } = await parseSettings(text, "s.yaml");
    if ("refused" in expect) {
      throws(() => checkListening(settings), (e) => e instanceof ListenError && expect.refused.test(e.message));
    } else {
      const warnings = checkListening(settings);
      strictEqual(warnings.length, expect.length, warnings.join());
      expect.forEach((pattern, i) => match(warnings[i]!, pattern));
    }
  });
}

const unusable: [name: string, write: Record<string, string>, settings: (at: string) => string, message: RegExp][] = [
  ["a token that is not there", {}, (at) => `listenToken: file:${at}/token\n`, /`listenToken`: .*does not exist/],
  ["a token that can be guessed", { token: "secret" }, (at) => `listenToken: file:${at}/token\n`, /could be guessed/],
  ["a certificate that is not there", {}, (at) => `tlsCertFile: ${at}/c\ntlsKeyFile: ${at}/k\n`, /Cannot read .*\/c /],
  [
    "a certificate that is none",
    { c: "x", k: "y" },
    (at) => `tlsCertFile: ${at}/c\ntlsKeyFile: ${at}/k\n`,
    /certificate/,
  ],
];
for (const [name, write, settings, message] of unusable) {
  Deno.test(`ListenGuard does not open with ${name}, and repeats no secret`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      for (const [file, text] of Object.entries(write)) {
        await Deno.writeTextFile(join(folder, file), text, { mode: 0o600 });
      }
      const parsed = (await parseSettings(settings(folder), "s.yaml")).settings;
      await rejects(ListenGuard.open(parsed, secretsOf(), recordingLog().log), (error) => {
        ok(error instanceof ListenError && error.hint !== undefined);
        match(error.message, message);
        ok(!error.message.includes("secret"));
        return true;
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test({
  name: "ListenGuard takes over a new certificate and token, and keeps the old ones while the files are broken",
  ignore: !hasOpenssl,
  async fn() {
    const folder = await Deno.makeTempDir();
    const at = (name: string) => join(folder, name);
    const write = (name: string, text: string) => Deno.writeTextFile(at(name), text, { mode: 0o600 });
    const { server, misnamed } = await makeCertificates();
    await write("c.pem", server.cert);
    await write("k.pem", server.key);
    await write("token", "0123456789abcdef\n");
    const clock = new ManualClock();
    const { log, lines } = recordingLog();
    const text = `tlsCertFile: ${at("c.pem")}\ntlsKeyFile: ${at("k.pem")}\nlistenToken: file:${at("token")}\n`;
    const guard = await ListenGuard.open((await parseSettings(text, "s.yaml")).settings, secretsOf(), log, clock);
    const told: string[] = [];
    guard.onTlsChange(({ cert }) => Promise.resolve(void told.push(cert)));
    try {
      deepStrictEqual(guard.token, { is: "needed", token: "0123456789abcdef" });
      await write("c.pem", misnamed.cert); // the key is still the old one
      await guard.refresh();
      await guard.refresh();
      deepStrictEqual([guard.tls, told], [server, []]);
      strictEqual(lines.filter(({ level }) => level === "error").length, 1, "a fault is told once");
      await write("k.pem", misnamed.key);
      await write("token", "fedcba9876543210");
      await clock.advance(30_000);
      for (let i = 0; told.length === 0 && i < 200; i++) await new Promise((resolve) => setTimeout(resolve, 10));
      deepStrictEqual([guard.tls, told], [misnamed, [misnamed.cert]]);
      deepStrictEqual(guard.token, { is: "needed", token: "fedcba9876543210" });
    } finally {
      await guard.stop();
      await guard.stop(); // twice is harmless
      await Deno.remove(folder, { recursive: true });
    }
  },
});
