import { deepStrictEqual } from "node:assert/strict";
import { jsonCompare } from "../../../src/analyze/kinds/cluster/json_compare.ts";
import { hostJsonCompare } from "../../../src/analyze/kinds/host/json_compare.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const files = {
  "conf/app.json": {
    name: "shop",
    replicas: 3,
    list: ["a", "b"],
    nested: [[1, 2], [3]],
    objects: [{ a: 1 }, { b: 2 }],
    users: [{ name: "me", roles: ["x"] }, { name: "you", roles: ["x", "y"] }],
    password: "***HIDDEN***",
  },
  "conf/null.json": "null",
  "conf/empty.json": "",
  "conf/broken.json": "{",
};
const app = { collectorName: "conf", fileName: "app.json" };
const both = [pass("", "equal"), fail("", "different")];
const compare = (path: string, value: string) => ({ ...app, path, value, outcomes: both });
const query = (jsonPath: string, value: string) => ({ ...app, jsonPath, value, outcomes: both });

const behaviour: [name: string, config: Record<string, unknown>, expected: string[]][] = [
  ["finds a text equal", compare("name", '"shop"'), ["pass: equal"]],
  ["finds a text different", compare("name", '"other"'), ["fail: different"]],
  ["finds a number equal", compare("replicas", "3"), ["pass: equal"]],
  ["takes all numbers for floats", compare("replicas", "3.0"), ["pass: equal"]],
  ["takes a value that YAML made a number of", { ...compare("replicas", ""), value: 3 }, ["pass: equal"]],
  ["tells a text from a number", compare("replicas", '"3"'), ["fail: different"]],
  ["tells a list from a map", compare("list", "{}"), ["fail: different"]],
  ["does not mind the order of a list", compare("list", '["b", "a"]'), ["pass: equal"]],
  ["does not mind the order of a list of objects", compare("objects", '[{"b": 2}, {"a": 1}]'), ["pass: equal"]],
  ["minds the order of lists inside a list", compare("nested", "[[3], [2, 1]]"), ["fail: different"]],
  ["minds how often an item is there", compare("list", '["a", "a"]'), ["fail: different"]],
  ["minds the order of lists inside an object", compare("users[1]", '{"roles": ["y", "x"], "name": "you"}'), [
    "fail: different",
  ]],
  ["takes a missing key for null", compare("gone", "null"), ["pass: equal"]],
  ["takes a missing item for null", compare("list[9]", "null"), ["pass: equal"]],
  ["compares the whole document", { ...compare("", "null"), fileName: "null.json" }, ["pass: equal"]],
  ["follows a jsonPath", query("{.users[1].name}", '"you"'), ["pass: equal"]],
  ["makes a list of several values", query("{.users[*].name}", '["you", "me"]'), ["pass: equal"]],
  ["makes no list of one value", query("{.users[?(@.name=='me')].roles}", '["x"]'), ["pass: equal"]],
  ["makes an empty list of no value", query("{.users[?(@.name=='nobody')].roles}", "[]"), ["pass: equal"]],
  ["takes a missing key for no value", query("{.gone.deeper}", "[]"), ["pass: equal"]],
  ["takes the first of several outputs", query('{.name}{"\\n"}{.replicas}', '"shop"'), ["pass: equal"]],
  ["follows the path where there are both", { ...query("{.name}", "3"), path: "replicas" }, ["pass: equal"]],
  ["has true for fail and false for pass where they are written", {
    ...compare("name", '"shop"'),
    outcomes: [pass("false"), fail("true")],
  }, ["fail: F"]],
  ["defaults to false for warn", { ...compare("name", "1"), outcomes: [pass(), warn()] }, ["warn: W"]],
  ["takes the first outcome that holds", { ...compare("name", "1"), outcomes: [warn(), fail()] }, ["warn: W"]],
  ["calls the analyzer invalid when no outcome matches", { ...compare("name", '"shop"'), outcomes: [fail()] }, [
    "fail: Invalid analyzer",
  ]],
  ["renders the document into the message", {
    ...compare("name", '"shop"'),
    outcomes: [pass("", "{{ .name }} {{ range .users }}{{ .name }},{{ end }} {{ .gone }}")],
  }, ["pass: shop me,you, <no value>"]],
  ["renders no other message", { ...compare("name", '"shop"'), outcomes: [fail("", "{{ .name.x }}"), pass("", "P")] }, [
    "pass: P",
  ]],
  ["cannot compare what was hidden", compare("password", '"secret"'), [
    "throws: The value in conf/app.json cannot be judged: redaction has hidden it",
  ]],
  ["fails on a path through a text", compare("name.deeper", "1"), [
    'throws: name has no "deeper": it is a single value',
  ]],
  ["says which file is missing", { ...compare("name", "1"), fileName: "gone.json" }, [
    "skipped/file-missing: The bundle does not have conf/gone.json, or it is empty",
  ]],
  ["says so when the file is empty", { ...compare("name", "1"), fileName: "empty.json" }, [
    "skipped/file-missing: The bundle does not have conf/empty.json, or it is empty",
  ]],
  ["fails on what is no JSON", { ...compare("name", "1"), fileName: "broken.json" }, [
    "throws: Cannot read conf/broken.json of the bundle as JSON",
  ]],
  ["takes a value that is no JSON for a text", compare("name", "shop"), ["pass: equal"]],
  ["refuses a value that begins as JSON and is none", compare("name", '["shop"'), [
    "throws: Cannot read the field value: it is no JSON that can be read",
  ]],
  ["refuses a missing value", { ...app, outcomes: both }, ["throws: Cannot read the field value: it is missing"]],
  ["refuses a path that cannot be read", compare("a..b", "1"), [
    'throws: Cannot read the path "a..b": "" is neither a key nor an index',
  ]],
  ["refuses a jsonPath that cannot be read", query("{.a[}", "1"), [
    'throws: Cannot read the jsonPath "{.a[}": there is nothing between [ and ]',
  ]],
  ["refuses a when that is no boolean", { ...compare("name", "1"), outcomes: [pass("true"), fail("equal")] }, [
    'throws: Cannot read the condition "equal": it is neither true nor false',
  ]],
  ["refuses a template that cannot be read", { ...compare("name", "1"), outcomes: [pass(), fail("", "{{ .a")] }, [
    'throws: Cannot use the template "{{ .a": an action {{ is not closed',
  ]],
  ["needs a file", { value: "1" }, ["throws: Cannot read the field fileName: it is missing"]],
  ["does not leave the bundle", { ...compare("name", "1"), collectorName: "../conf" }, [
    'throws: The path "../conf/app.json" would lie outside the bundle',
  ]],
];

for (const [name, config, expected] of behaviour) {
  Deno.test(`jsonCompare ${name}`, async () => {
    deepStrictEqual(await verdictsOf(jsonCompare, config, files), expected);
    deepStrictEqual(await verdictsOf(hostJsonCompare, config, files), expected);
  });
}

for (const analyzer of [jsonCompare, hostJsonCompare]) {
  Deno.test(`jsonCompare of ${analyzer.where} says where it is seen, and where to read on`, async () => {
    const config = { ...compare("name", "1"), outcomes: [fail("", "F", "https://x.example")] };
    deepStrictEqual(await resultsOf(analyzer, config, files), [{
      outcome: { status: "fail", message: "F" },
      uri: "https://x.example",
      evidence: [{ path: "conf/app.json" }],
    }]);
    deepStrictEqual(analyzer.icon?.uri, "https://troubleshoot.sh/images/analyzer-icons/text-analyze.svg");
  });

  Deno.test(`jsonCompare of ${analyzer.where} is called by checkName, collectorName, or what it is`, () => {
    const title = (config: object) => analyzer.title(analyzer.schema.parse(config));
    deepStrictEqual(title({}), "Json Compare");
    deepStrictEqual(title(app), "conf");
    deepStrictEqual(title({ ...app, checkName: "Config" }), "Config");
  });
}
