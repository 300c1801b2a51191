import { strictEqual } from "node:assert/strict";
import { namesThisMachine } from "../../src/daemon/loopback_host.ts";

const behaviour: [listening: string, asked: string, expect: boolean][] = [
  ["127.0.0.1", "127.0.0.1:9091", true],
  ["127.0.0.1", "localhost:9091", true],
  ["127.0.0.1", "daemon.localhost", true],
  ["::1", "[::1]:9091", true],
  ["127.0.0.1", "evil.example:9091", false],
  ["127.0.0.1", "localhost.evil.example", false],
  ["127.0.0.1", "127.0.0.1.evil.example", false],
  ["localhost", "10.1.2.3", false],
  ["0.0.0.0", "scheduler.monitoring.svc:9091", true],
];

for (const [listening, asked, expect] of behaviour) {
  Deno.test(`namesThisMachine() on ${listening} for ${asked}: ${expect}`, () =>
    strictEqual(namesThisMachine(new Request(`http://${asked}/`), listening), expect));
}
