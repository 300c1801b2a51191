import { deepStrictEqual, throws } from "node:assert/strict";
import { readRemoteHostFlags } from "../../src/cli/remote_host_flags.ts";

const rows: [remoteHostCollectTimeout: string | undefined, remoteHostImage: string | undefined, expected: unknown][] = [
  [undefined, undefined, undefined],
  [undefined, "", undefined],
  ["60", undefined, { startMs: 60_000 }],
  ["90s", undefined, { startMs: 90_000 }],
  ["2m", "example.com/t:1", { startMs: 120_000, image: "example.com/t:1" }],
  ["soon", undefined, /^--remote-host-collect-timeout: "soon" is not a duration$/],
  ["0", undefined, /^--remote-host-collect-timeout: "0" leaves the pods no time to start$/],
  ["-5s", undefined, /^--remote-host-collect-timeout: "-5s"/],
];
for (const [remoteHostCollectTimeout, remoteHostImage, expected] of rows) {
  Deno.test(`readRemoteHostFlags() reads ${remoteHostCollectTimeout} and ${remoteHostImage}`, () => {
    const read = () => readRemoteHostFlags({ remoteHostCollectTimeout, remoteHostImage });
    if (expected instanceof RegExp) throws(read, { name: "UsageError", message: expected });
    else deepStrictEqual(read(), expected);
  });
}
