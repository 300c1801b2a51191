import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { httpPlace } from "../notify/http_place.ts";
import { BINARY, Sandbox } from "./program.ts";

const SPEC = `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: {name: told}
spec:
  hostCollectors: [{memory: {}}]
  hostAnalyzers:
    - memory: {outcomes: [{fail: {when: "> 1", message: "<!channel> there is memory"}}]}
`;

const SCRIPT = '#!/bin/sh\ncat > "$(dirname "$0")/told.json"\n';

Deno.test({
  name: "the program tells every kind of receiver, by URLs that it looks up and repeats nowhere",
  ignore: BINARY === undefined || Deno.build.os === "windows",
  async fn() {
    await using sandbox = await Sandbox.create();
    const env: Record<string, string> = {};
    const receivers = Object.fromEntries(["webhook", "slack", "teams", "ping", "alertmanager"].map((kind) => {
      const place = httpPlace((origin, path) => {
        const url = kind === "alertmanager" ? origin : `${origin}${path}`;
        env[`URL_OF_${kind.toUpperCase()}`] = url;
        return { kind, url };
      });
      return [kind, place];
    }));
    const script = await sandbox.write("tell", SCRIPT);
    await Deno.chmod(script, 0o755);
    const targets = [
      ...Object.keys(receivers).map((kind) => `${kind}:env:URL_OF_${kind.toUpperCase()}`),
      `command:${script}`,
    ];
    try {
      const spec = await sandbox.write("spec.yaml", SPEC);
      const { code, stdout, stderr } = await sandbox.run(
        [spec, "-o", "out", "--debug", ...targets.flatMap((target) => ["--notify", target])],
        { env },
      );
      strictEqual(code, 0, stderr);
      const { findings } = JSON.parse(await Deno.readTextFile(sandbox.path("told.json")));
      deepStrictEqual(findings, { fail: 1, warn: 0, pass: 0 });

      for (const [kind, place] of Object.entries(receivers)) {
        const said = place.received().join("\n");
        match(said, /Amount of Memory/, `${kind} was told: ${said}`);
        for (const secret of place.secrets) {
          ok(!`${stdout}${stderr}`.includes(secret), `the URL of ${kind} is in what the program says`);
          for (const [path, text] of await sandbox.unpack(sandbox.path("out.tar.gz"))) {
            ok(!text.includes(secret), `the URL of ${kind} is in ${path} of the bundle`);
          }
        }
      }
      ok(!receivers.slack!.received()[0]!.includes("<!channel>"));
    } finally {
      for (const place of Object.values(receivers)) await place.close();
    }
  },
});
