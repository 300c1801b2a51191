import { deepStrictEqual, throws } from "node:assert/strict";
import { evaluateJsonPath } from "../../../src/analyze/json_path/evaluate.ts";
import { parseJsonPath } from "../../../src/analyze/json_path/parse.ts";

const document = {
  kind: "List",
  items: [
    {
      metadata: { name: "one", labels: { "app.kubernetes.io/name": "shop" } },
      status: { capacity: { cpu: "4" }, conditions: [{ type: "Ready", status: "True" }] },
      n: 1,
    },
    { metadata: { name: "two" }, status: { capacity: { cpu: "8" }, conditions: [] }, n: 2, extra: null },
    { metadata: { name: "three" }, n: 3 },
  ],
  users: [{ name: "me" }, { name: "you", user: { password: "***" } }],
};

const behaviour: [template: string, values: unknown[]][] = [
  ["{.kind}", ["List"]],
  [".kind", ["List"]],
  ["kind", ["List"]],
  ["{ .kind }", ["List"]],
  ["{$.kind}", ["List"]],
  ["{['kind']}", ["List"]],
  ['{["kind"]}', ["List"]],
  ["{.}", [document]],
  ["{@}", [document]],
  ["{$}", [document]],
  ["{.gone}", []],
  ["{.gone.deeper[3]}", []],
  ["{.kind.deeper}", []],
  ["{.constructor}", []],
  ["{.items[0].metadata.name}", ["one"]],
  ["{.items.[0].metadata.name}", ["one"]],
  ["{.items[-1].metadata.name}", ["three"]],
  ["{.items[-2].metadata.name}", ["two"]],
  ["{.items[9].metadata.name}", []],
  ["{.items[*].metadata.name}", ["one", "two", "three"]],
  ["{.items[*]['metadata'].name}", ["one", "two", "three"]],
  ["{.items[0:2].n}", [1, 2]],
  ["{.items[1:].n}", [2, 3]],
  ["{.items[:2].n}", [1, 2]],
  ["{.items[:].n}", [1, 2, 3]],
  ["{.items[::2].n}", [1, 3]],
  ["{.items[-2:].n}", [2, 3]],
  ["{.items[0,2].n}", [1, 3]],
  ["{.items[0]['n','kind','metadata'].name}", ["one"]],
  ["{.items[0].metadata.labels.app\\.kubernetes\\.io/name}", ["shop"]],
  ["{.items[0].metadata.labels['app\\.kubernetes\\.io/name']}", ["shop"]],
  ["{.items[0].metadata.labels['app.kubernetes.io/name']}", ["shop"]],
  ["{.items[*]['metadata.name', 'n']}", [1, 2, 3]],
  ["{.items[?(@.n==2)].metadata.name}", ["two"]],
  ["{.items[?(@.n != 2)].metadata.name}", ["one", "three"]],
  ["{.items[?(@.n>1)].n}", [2, 3]],
  ["{.items[?(@.n>=2)].n}", [2, 3]],
  ["{.items[?(@.n<2)].n}", [1]],
  ["{.items[?(@.n<=2)].n}", [1, 2]],
  ["{.items[?(@.n<'2')].n}", []],
  ["{.items[?(@.n > $.items[0].n)].n}", [2, 3]],
  ['{.items[?(@.metadata.name=="two")].n}', [2]],
  ["{.items[?(@.metadata.name > 'on')].n}", [1, 2, 3]],
  ["{.items[?(@.status)].n}", [1, 2]],
  ['{.items[?(@.status.conditions[?(@.type=="Ready")].status=="True")].n}', [1]],
  ["{.items[0].status.conditions[?(@.type=='Ready')].status}", ["True"]],
  ['{.users[?(@.name=="you")].user.password}', ["***"]],
  ["{.kind[?(@.a)]}", []],
  ["{..cpu}", ["4", "8"]],
  ["{.items..name}", ["one", "two", "three"]],
  ["{..['type']}", ["Ready"]],
  ["{.items[0].status.*.cpu}", ["4"]],
  ["{.items[1].extra}", [null]],
  ['{"text"}', ["text"]],
  ["{.kind}{.items}", ["List"]],
  ['{.kind}{"\\n"}', ["List"]],
  ["{.kind}, {.items}", ["List"]],
  ["{range .items[*]}{.n}{end}", [1]],
  ['{range .items[*]}{.metadata.name}{"\\t"}{.n}{end}', ["one"]],
  ["{range .gone[*]}{.n}{end}", []],
];

for (const [template, values] of behaviour) {
  Deno.test(`jsonPath ${template}`, () => deepStrictEqual(evaluateJsonPath(parseJsonPath(template), document), values));
}

const mistakes = [
  "",
  "{}",
  "{.items[}",
  "{.items[]}",
  "{.items[0}",
  "{.items[0]x}",
  "{.items[1 2]}",
  "{.items[::0]}",
  "{.items[::-1]}",
  "{.items.}",
  "{.items",
  "{.a}{.b",
  "{.items[?(@.n=2)]}",
  "{.items[?()]}",
  "{.items[?(@.n==)]}",
  "{.items[?(@.n==1]}",
  "{range .items[*]}{.n}",
  "{range .items[*]}",
  "{'a}",
  `{.a${"[?(@.a".repeat(30)}`,
];

for (const template of mistakes) {
  Deno.test(`jsonPath refuses ${template}`, () =>
    throws(() => parseJsonPath(template), { message: /^Cannot read the jsonPath "/ }));
}

Deno.test("jsonPath ends on a path that leads to ever more", () => {
  let nested: unknown = [1];
  for (let i = 0; i < 60; i++) nested = [nested, nested];
  throws(() => evaluateJsonPath(parseJsonPath("{..*..*..*..*}"), nested), {
    message: "The jsonPath leads to too many values",
  });
});
