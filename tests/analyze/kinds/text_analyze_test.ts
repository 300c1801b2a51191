import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { textAnalyze } from "../../../src/analyze/kinds/cluster/text_analyze.ts";
import { hostTextAnalyze } from "../../../src/analyze/kinds/host/text_analyze.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const files = {
  "app/web.log": "start\nERROR no route\nend\n",
  "app/db.log": "start\nready in 12ms\n",
  "app/db.log.old": "ERROR old\n",
  "ping/default/pod-1/ping-stdout.txt": "10 packets transmitted, 9 received, 10% packet loss\n",
  "ping/default/pod-2/ping-stdout.txt": "10 packets transmitted, 10 received, 0% packet loss\n",
};
const app = { collectorName: "app", fileName: "web.log" };
const found = [pass("false", "clean"), fail("true", "broken")];
const loss = {
  collectorName: "ping",
  fileName: "ping-stdout.txt",
  regexGroups: "(?P<Sent>\\d+) packets.* (?P<Loss>\\d+)% (?P<What>\\w+) (?P<Rest>none)?",
};
const NONE = ["warn: No matching files"];

const behaviour: [name: string, config: Record<string, unknown>, expected: string[]][] = [
  ["tells that the pattern matches", { ...app, regex: "ERROR", outcomes: found }, ["fail: broken"]],
  ["tells that it does not", { ...app, fileName: "db.log", regex: "ERROR", outcomes: found }, ["pass: clean"]],
  [
    "defaults to true for pass, false for warn and fail",
    { ...app, regex: "ERROR", outcomes: [fail(), warn(), pass()] },
    [
      "pass: P",
    ],
  ],
  ["defaults to false for warn and fail", { ...app, regex: "nope", outcomes: [pass(), warn()] }, ["warn: W"]],
  [
    "has one verdict, the most severe, with its own message",
    { ...app, regex: "ERROR", outcomes: [warn("true"), fail("true"), pass("true")] },
    ["fail: F"],
  ],
  ["takes the last of equal ones", { ...app, regex: "ERROR", outcomes: [fail("true", "a"), fail("true", "b")] }, [
    "fail: b",
  ]],
  ["says so when no outcome matches", { ...app, regex: "ERROR", outcomes: [fail("false")] }, [
    "skipped/no-outcome-matched: No outcome of the spec matched app/web.log, in which the pattern matches",
  ]],
  ["matches over the whole file", { ...app, regex: "(?s)start.*end", outcomes: found }, ["fail: broken"]],
  ["keeps . within a line", { ...app, regex: "start.*end", outcomes: found }, ["pass: clean"]],
  ["anchors at the file unless told otherwise", { ...app, regex: "^ERROR", outcomes: found }, ["pass: clean"]],
  ["anchors at lines when told so", { ...app, regex: "(?m)^ERROR", outcomes: found }, ["fail: broken"]],
  ["has one result a file, by path", { ...app, fileName: "*.log", regex: "ERROR", outcomes: found }, [
    "pass: clean",
    "fail: broken",
  ]],
  ["does not cross folders with *", { collectorName: "", fileName: "*.log", regex: "x", outcomes: found }, NONE],
  [
    "leaves files out",
    { ...app, fileName: "*", excludeFiles: ["*.log", "db.log.?ld"], regex: "x", outcomes: found },
    NONE,
  ],
  ["warns when there are no files", { ...app, fileName: "none.log", regex: "x", outcomes: found }, NONE],
  [
    "stays silent about missing files when told so",
    { ...app, fileName: "none.log", regex: "x", ignoreIfNoFiles: true },
    [],
  ],
  ["fails without a pattern", { ...app, outcomes: found }, ["fail: Invalid analyzer"]],
  ["judges each pattern", {
    ...app,
    regex: "ERROR",
    regexGroups: "(?P<a>ERROR)",
    outcomes: [pass(undefined, "[{{ .a }}]")],
  }, [
    "pass: [{{ .a }}]",
    "pass: [ERROR]",
  ]],
  // Groups, and the layout of the exec collector
  ["compares groups", {
    ...loss,
    outcomes: [fail("Loss > 0", "{{ .Loss }}% of {{ .Sent }}"), pass("Loss = 0", "fine")],
  }, [
    "fail: 10% of 10",
    "pass: fine",
  ]],
  ["compares groups as texts", { ...loss, outcomes: [warn("What == packet", "[{{ .Rest }}{{ .Other }}]")] }, [
    "warn: []",
    "warn: []",
  ]],
  ["knows empty groups", { ...loss, outcomes: [warn("Rest = ''", "none")] }, ["warn: none", "warn: none"]],
  ["says so when no outcome matches a group", { ...loss, excludeFiles: ["ping-stdout.txt"], outcomes: [] }, NONE],
  ["needs a match for conditions", {
    ...app,
    regexGroups: "(?P<n>nothing)",
    outcomes: [fail("n = ''"), warn("", "[{{ .n }}]")],
  }, [
    "warn: []",
  ]],
  ["says so when neither pattern nor outcome matches", {
    ...app,
    regexGroups: "(?P<n>nothing)",
    outcomes: [fail("n = x")],
  }, [
    "skipped/no-outcome-matched: No outcome of the spec matched app/web.log, in which the pattern does not match",
  ]],
  ["takes wildcards in the layout of the exec collector as they are", {
    ...loss,
    collectorName: "ping/*/*",
    outcomes: [warn("Loss > 5")],
    excludeFiles: ["nothing"],
  }, ["warn: W", "skipped/no-outcome-matched: No outcome of the spec matched ping/default/pod-2/ping-stdout.txt"]],
  // Mistakes
  ["refuses a bad pattern", { ...app, regex: "(", outcomes: found }, [
    'throws: Cannot read the regex "(": missing closing ): `(`',
  ]],
  ["refuses look-around", { ...app, regexGroups: "(?=x)", outcomes: [] }, [
    'throws: Cannot read the regexGroups "(?=x)": invalid or unsupported Perl syntax: `(?=`',
  ]],
  ["refuses a when that is no boolean", { ...app, regex: "x", outcomes: [fail("maybe")] }, [
    'throws: Cannot read the condition "maybe": it is neither true nor false',
  ]],
  ["refuses a when that compares no group", { ...loss, outcomes: [fail("Loss ~ 5")] }, [
    'throws: Cannot read the condition "Loss ~ 5": "~" is not an operator here',
  ]],
  ["refuses a template that cannot be read", { ...loss, outcomes: [fail("Loss > 5", "{{ .Loss")] }, [
    'throws: Cannot use the template "{{ .Loss": an action {{ is not closed',
  ]],
  ["does not leave the bundle", { collectorName: "app", fileName: "../../etc/hostname", regex: "x" }, [
    'throws: The path "app/../../etc/hostname" would lie outside the bundle',
  ]],
  ["does not leave the bundle by an escape", { collectorName: "app", fileName: ".\\./x", regex: "x" }, [
    'throws: The path "app/.\\./x" would lie outside the bundle',
  ]],
  ["does not leave the bundle by what it leaves out", { ...app, excludeFiles: ["../*"], regex: "x" }, [
    'throws: The path "app/../*" would lie outside the bundle',
  ]],
];

for (const [name, config, expected] of behaviour) {
  Deno.test(`textAnalyze ${name}`, async () => deepStrictEqual(await verdictsOf(textAnalyze, config, files), expected));
}

const lines: [regex: string, line: number][] = [["start", 1], ["no route", 2], ["\\nend", 2], ["end", 3]];

for (const [regex, line] of lines) {
  Deno.test(`textAnalyze shows the line of the match of ${regex}`, async () => {
    const results = await resultsOf(textAnalyze, { ...app, regex, outcomes: found }, files);
    deepStrictEqual(results.map((result) => result.evidence), [[{ path: "app/web.log", line }]]);
  });
}

Deno.test("textAnalyze has an icon of its own for groups", async () => {
  const results = await resultsOf(textAnalyze, { ...app, regexGroups: "(?P<a>ERROR)", outcomes: [pass()] }, files);
  strictEqual(results[0]!.icon?.uri, "https://troubleshoot.sh/images/analyzer-icons/text-analyze.svg?w=13&h=16");
});

Deno.test("textAnalyze ends on a pattern that would make others backtrack for ever", async () => {
  const hostile = { "app/web.log": "a".repeat(50_000) + "b" };
  deepStrictEqual(await verdictsOf(textAnalyze, { ...app, regex: "^(a+)+$", outcomes: found }, hostile), [
    "pass: clean",
  ]);
});

Deno.test("textAnalyze is called by checkName, collectorName, or what it is", () => {
  const title = (analyzer: typeof textAnalyze, fields: object) => analyzer.title(analyzer.schema.parse(fields));
  strictEqual(title(textAnalyze, { checkName: "c", collectorName: "n" }), "c");
  strictEqual(title(textAnalyze, { collectorName: "n" }), "n");
  strictEqual(title(textAnalyze, {}), "Regular Expression");
  strictEqual(title(hostTextAnalyze, { collectorName: "n" }), "Regular Expression");
  strictEqual(hostTextAnalyze.where, "host");
});
