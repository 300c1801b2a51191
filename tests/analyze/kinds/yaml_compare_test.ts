import { deepStrictEqual } from "node:assert/strict";
import { yamlCompare } from "../../../src/analyze/kinds/cluster/yaml_compare.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const text = `# a comment
name: shop
replicas: 3
ratio: 3.0
debug: false
empty:
list: [a, b]
containers:
- image: web:1
  ports: [80, 443]
- image: db:2
base: &base {cpu: 1}
merged:
  <<: *base
  memory: 2Gi
password: ***HIDDEN***
url: "https://u:***HIDDEN***@h"
---
name: second
`;
const files = {
  "conf/app.yaml": text,
  "conf/empty.yaml": "",
  "conf/null.yaml": "---\n",
  "conf/long.yaml": "a: 1\n".repeat(1_000_000),
  "conf/deep.yaml": "[".repeat(20_000),
  "conf/broken.yaml": "a: [1\nb: 2",
  "conf/endless.yaml": `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${Array(9).fill("*a")}]\nc: &c [${
    Array(9).fill("*b")
  }]\nd: [${Array(9).fill("*c")}]\n`,
};
const app = { collectorName: "conf", fileName: "app.yaml" };
const both = [pass("", "equal"), fail("", "different")];

const behaviour: [name: string, config: Record<string, unknown>, expected: string[]][] = [
  ["finds a text equal", { ...app, path: "name", value: "shop", outcomes: both }, ["pass: equal"]],
  ["finds a text different", { ...app, path: "name", value: "other", outcomes: both }, ["fail: different"]],
  ["finds an integer equal", { ...app, path: "replicas", value: "3", outcomes: both }, ["pass: equal"]],
  ["takes a value that YAML made a number of", { ...app, path: "replicas", value: 3, outcomes: both }, ["pass: equal"]],
  ["tells a text from an integer", { ...app, path: "replicas", value: '"3"', outcomes: both }, ["fail: different"]],
  ["tells an integer from a float", { ...app, path: "ratio", value: "3", outcomes: both }, ["fail: different"]],
  ["finds a float equal", { ...app, path: "ratio", value: "3.0", outcomes: both }, ["pass: equal"]],
  ["finds a boolean equal", { ...app, path: "debug", value: "false", outcomes: both }, ["pass: equal"]],
  ["finds nothing equal to no value", { ...app, path: "empty", outcomes: both }, ["pass: equal"]],
  ["takes a missing key for nothing", { ...app, path: "gone", value: "null", outcomes: both }, ["pass: equal"]],
  ["takes a missing item for nothing", { ...app, path: "containers[7]", value: "null", outcomes: both }, [
    "pass: equal",
  ]],
  ["compares a missing item", { ...app, path: "containers.[7]", value: "x", outcomes: both }, ["fail: different"]],
  ["follows indices", { ...app, path: "containers[0].ports[1]", value: "443", outcomes: both }, ["pass: equal"]],
  ["compares lists in order", { ...app, path: "list", value: "[b, a]", outcomes: both }, ["fail: different"]],
  ["compares lists", { ...app, path: "list", value: "- a\n- b", outcomes: both }, ["pass: equal"]],
  ["compares maps in any order", { ...app, path: "merged", value: "{memory: 2Gi, cpu: 1}", outcomes: both }, [
    "pass: equal",
  ]],
  ["compares the first document alone", { ...app, path: "name", value: "second", outcomes: both }, ["fail: different"]],
  ["compares the whole document", { collectorName: "conf/", fileName: "null.yaml", value: "", outcomes: both }, [
    "pass: equal",
  ]],
  ["says so when the file is empty", { ...app, fileName: "empty.yaml", value: "", outcomes: both }, [
    "skipped/file-missing: The bundle does not have conf/empty.yaml, or it is empty",
  ]],
  ["fails on a file that is too long to be parsed", { ...app, fileName: "long.yaml", outcomes: both }, [
    "throws: Cannot read conf/long.yaml of the bundle as YAML",
  ]],
  ["fails on a file that is nested too deeply", { ...app, fileName: "deep.yaml", outcomes: both }, [
    "throws: Cannot read conf/deep.yaml of the bundle as YAML",
  ]],
  ["has true for fail and false for pass where they are written", {
    ...app,
    path: "name",
    value: "shop",
    outcomes: [pass("false"), fail("true")],
  }, ["fail: F"]],
  ["defaults to false for warn", { ...app, path: "name", value: "x", outcomes: [pass(), warn()] }, ["warn: W"]],
  ["takes the first outcome that holds", { ...app, path: "name", value: "x", outcomes: [warn(), fail()] }, ["warn: W"]],
  ["calls the analyzer invalid when no outcome matches", { ...app, path: "name", value: "shop", outcomes: [fail()] }, [
    "fail: Invalid analyzer",
  ]],
  ["renders the document into the message", {
    ...app,
    path: "name",
    value: "shop",
    outcomes: [
      pass("", "{{ .name }} {{ .replicas }} {{ (index .containers 1).image }} {{ .gone }}{{ add .replicas 1 }}"),
    ],
  }, ["pass: shop 3 db:2 <no value>4"]],
  ["renders no other message", {
    ...app,
    path: "name",
    value: "shop",
    outcomes: [fail("", "{{ .name.deeper }}"), pass("", "P")],
  }, ["pass: P"]],
  ["fails on a template that cannot be rendered", {
    ...app,
    path: "name",
    value: "shop",
    outcomes: [pass("", "{{ .name.deeper }}")],
  }, ['throws: Cannot use the template "{{ .name.deeper }}": .deeper is asked of a string']],
  ["cannot compare what was hidden", { ...app, path: "password", value: "secret", outcomes: both }, [
    "throws: The value in conf/app.yaml cannot be judged: redaction has hidden it",
  ]],
  ["cannot compare what was hidden in part", { ...app, path: "url", value: "https://u:p@h", outcomes: both }, [
    "throws: The value in conf/app.yaml cannot be judged: redaction has hidden it",
  ]],
  ["fails on a path through a text", { ...app, path: "name.deeper", value: "x", outcomes: both }, [
    'throws: name has no "deeper": it is a single value',
  ]],
  ["fails on a path through nothing", { ...app, path: "gone.deeper", value: "x", outcomes: both }, [
    'throws: gone has no "deeper": it is nothing',
  ]],
  ["says which file is missing", { ...app, fileName: "gone.yaml", outcomes: both }, [
    "skipped/file-missing: The bundle does not have conf/gone.yaml, or it is empty",
  ]],
  ["takes no wildcards", { ...app, fileName: "*.yaml", outcomes: both }, [
    "skipped/file-missing: The bundle does not have conf/*.yaml, or it is empty",
  ]],
  ["fails on what is no YAML", { ...app, fileName: "broken.yaml", outcomes: both }, [
    "throws: Cannot read conf/broken.yaml of the bundle as YAML",
  ]],
  ["fails on aliases that grow without end", { ...app, fileName: "endless.yaml", outcomes: both }, [
    "throws: Cannot read conf/endless.yaml of the bundle as YAML",
  ]],
  ["refuses a value that is no YAML", { ...app, value: "[1", outcomes: both }, [
    "throws: Cannot read the field value: it is not valid YAML",
  ]],
  ["refuses a path that cannot be read", { ...app, path: "a[x]", outcomes: both }, [
    'throws: Cannot read the path "a[x]": "a[x]" is neither a key nor an index',
  ]],
  ["refuses a when that is no boolean", { ...app, outcomes: [pass("true"), fail("equal")] }, [
    'throws: Cannot read the condition "equal": it is neither true nor false',
  ]],
  ["refuses a template that cannot be read", { ...app, outcomes: [pass(), fail("", "{{ .a")] }, [
    'throws: Cannot use the template "{{ .a": an action {{ is not closed',
  ]],
  ["needs a file", { outcomes: both }, ["throws: Cannot read the field fileName: it is missing"]],
  ["does not leave the bundle", { collectorName: "conf", fileName: "../../etc/hostname", outcomes: both }, [
    'throws: The path "conf/../../etc/hostname" would lie outside the bundle',
  ]],
];

for (const [name, config, expected] of behaviour) {
  Deno.test(`yamlCompare ${name}`, async () => deepStrictEqual(await verdictsOf(yamlCompare, config, files), expected));
}

Deno.test("yamlCompare gives the same when it runs twice", async () => {
  const config = { ...app, path: "name", value: "shop", outcomes: [pass("", "{{ .name }}")] };
  deepStrictEqual(await verdictsOf(yamlCompare, config, files), await verdictsOf(yamlCompare, config, files));
});

Deno.test("yamlCompare says where it is seen, and where to read on", async () =>
  deepStrictEqual(
    await resultsOf(yamlCompare, { ...app, path: "name", outcomes: [fail("", "F", "https://x.example")] }, files),
    [{
      outcome: { status: "fail", message: "F" },
      uri: "https://x.example",
      evidence: [{ path: "conf/app.yaml" }],
    }],
  ));

Deno.test("yamlCompare is called by checkName, collectorName, or what it is", () => {
  const title = (config: object) => yamlCompare.title(yamlCompare.schema.parse(config));
  deepStrictEqual(title({}), "Yaml Compare");
  deepStrictEqual(title(app), "conf");
  deepStrictEqual(title({ ...app, checkName: "Config" }), "Config");
});
