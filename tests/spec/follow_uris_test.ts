import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { type LoadedSpec, type LoadOptions, loadSpecs } from "../../src/spec/load_spec.ts";
import { ManualClock } from "../manual_clock.ts";
import { startSpecServer } from "./spec_server.ts";

const bundle = (uri: string | undefined, name: string) =>
  `apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata: {name: x}\nspec:\n${
    uri === undefined ? "" : `  uri: ${JSON.stringify(uri)}\n`
  }  collectors: [{data: {name: ${name}, data: x}}]\n`;
const REDACTOR =
  "---\napiVersion: troubleshoot.sh/v1beta2\nkind: Redactor\nspec: {redactors: [{removals: {values: [x]}}]}\n";

function load(text: string, options: Partial<LoadOptions> = {}): Promise<LoadedSpec> {
  return loadSpecs({ sources: ["-"], cwd: "/", stdin: () => Promise.resolve(text), ...options });
}
const names = (spec: LoadedSpec) =>
  spec.collectors.filter(({ unit }) => unit.kind === "data").map(({ config }) => config.name);

const kept: [name: string, uri: string, warning: RegExp][] = [
  ["is not there", "BASE/lost", /the server answered 404/],
  ["answers with 500", "BASE/status/500", /the server answered 500/],
  ["loops", "BASE/loop", /stopped after 10 redirects/],
  ["leads to a file", "BASE/to?file%3A%2F%2F%2Fetc%2Fhostname", /redirects to file:/],
  ["is a web page", "BASE/page", /the answer is a web page/],
  ["holds no SupportBundle", "BASE/redactor", /\/redactor holds no SupportBundle/],
  ["holds a spec that cannot be read", "BASE/typo", /\/typo:5:\d+: There is no collector "dataa"/],
  ["holds no YAML", "BASE/broken", /\/broken:1:\d+: This is not valid YAML/],
  ["is a file", "file:///etc/hostname", /no address that can be followed/],
  ["is a path", "/etc/hostname", /no address that can be followed/],
  ["is standard input", "-", /no address that can be followed/],
  ["is an object of the cluster", "secret/a/b", /no address that can be followed/],
  ["has no host", "http://", /no address that can be followed/],
];
for (const [name, uri, warning] of kept) {
  Deno.test(`followUris() keeps the spec, with a warning, when its uri ${name}`, async () => {
    await using server = startSpecServer({
      "/redactor": REDACTOR.slice(4),
      "/typo": bundle(undefined, "newer").replace("{data:", "{dataa:"),
      "/broken": "a: b: c",
    });
    const spec = await load(bundle(uri.replace("BASE", server.base), "given"));
    deepStrictEqual(names(spec), ["given"]);
    strictEqual(spec.warnings.length, 1);
    match(spec.warnings[0]!, warning);
    match(spec.warnings[0]!, /^standard input:5:8: .*; the spec as it was given is used$/);
  });
}

Deno.test("followUris() keeps the spec when no answer comes for ten seconds", async () => {
  await using server = startSpecServer({});
  const clock = new ManualClock();
  const loading = load(bundle(`${server.base}/hang`, "given"), { clock });
  while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await clock.advance(9_999);
  await clock.advance(1);
  const spec = await loading;
  deepStrictEqual(names(spec), ["given"]);
  match(spec.warnings[0]!, /\/hang: no answer within 10 s; the spec as it was given is used$/);
});

Deno.test("followUris() replaces the whole spec, follows no further, and asks each address once", async () => {
  await using server = startSpecServer({
    "/newer": `${bundle("http://127.0.0.1:9/never", "newer-1")}---\n${bundle(undefined, "newer-2")}${REDACTOR}`,
  });
  const uri = `${server.base}/newer`;
  const spec = await load(
    `${bundle(uri, "given-1")}---\n${bundle(undefined, "given-2")}---\n${bundle(uri, "given-3")}`,
  );
  deepStrictEqual(names(spec), ["newer-1", "newer-2", "given-2"]);
  deepStrictEqual(server.requests.map(({ path }) => path), ["/newer"]);
  const { headers } = server.requests[0]!;
  deepStrictEqual([headers.get("user-agent"), headers.get("bundle-upload-host")], [
    "Replicated_Troubleshoot/v1beta1",
    server.base,
  ]);
  strictEqual(spec.redactors.length, 0);
  deepStrictEqual(spec.warnings.map((warning) => warning.replace(/^\S+ /, "")), [
    "ignored, a uri brings SupportBundles only, and this is a Redactor",
  ]);
});

Deno.test("followUris() asks nobody when it is switched off, or when the spec was downloaded itself", async () => {
  await using server = startSpecServer({ "/newer": bundle(undefined, "newer") });
  deepStrictEqual(names(await load(bundle(`${server.base}/newer`, "given"), { followUri: false })), ["given"]);
  strictEqual(server.requests.length, 0);
  await using other = startSpecServer({ "/spec": bundle(`${server.base}/newer`, "downloaded") });
  deepStrictEqual(names(await load("", { sources: [`${other.base}/spec`] })), ["downloaded"]);
  strictEqual(server.requests.length, 0);
});

Deno.test("followUris() follows SupportBundles only, and says so", async () => {
  await using server = startSpecServer({});
  const spec = await load(
    `apiVersion: troubleshoot.sh/v1beta2\nkind: Redactor\nspec:\n  uri: ${server.base}/weaker\n  redactors: [{removals: {values: [x]}}]\n`,
  );
  strictEqual(spec.redactors.length, 1);
  strictEqual(server.requests.length, 0);
  match(spec.warnings[0]!, /^standard input:4:8: ignored, only the uri of a SupportBundle is followed$/);
});
