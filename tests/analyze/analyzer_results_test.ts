import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Finding } from "../../src/analyze/analyzer.ts";
import { toAnalyzerResults, toYamlResults } from "../../src/analyze/analyzer_results.ts";

const finding = (outcome: Finding["outcome"], more: Partial<Finding> = {}): Finding => ({
  title: "T",
  kind: "k",
  where: "cluster",
  strict: false,
  outcome,
  ...more,
});

const behaviour: [name: string, finding: Finding, flags: string][] = [
  ["a pass", finding({ status: "pass", message: "m" }), "pass"],
  ["a warning", finding({ status: "warn", message: "m" }), "warn"],
  ["a failure", finding({ status: "fail", message: "m" }), "fail"],
  ["what broke as a warning", finding({ status: "error", message: "m" }), "warn"],
  ["what broke and is strict as a failure", finding({ status: "error", message: "m" }, { strict: true }), "fail"],
  ["a missing file as a warning", finding({ status: "skipped", reason: "file-missing", message: "m" }), "warn"],
  [
    "a missing file of a strict analyzer as a failure",
    finding({ status: "skipped", reason: "file-missing", message: "m" }, { strict: true }),
    "fail",
  ],
  ["what nothing matched as neither", finding({ status: "skipped", reason: "no-outcome-matched", message: "m" }), ""],
];

for (const [name, finding, flags] of behaviour) {
  Deno.test(`toAnalyzerResults() shows ${name}`, () => {
    const [{ IsPass, IsWarn, IsFail }] = toAnalyzerResults([finding]) as [ReturnType<typeof toAnalyzerResults>[0]];
    deepStrictEqual([IsPass && "pass", IsWarn && "warn", IsFail && "fail"].filter(Boolean).join(), flags);
  });
}

const full = finding({ status: "fail", message: "m" }, {
  strict: true,
  uri: "https://x.example",
  icon: { key: "i", uri: "u" },
  involvedObject: { kind: "Pod", namespace: "n", name: "p", apiVersion: "v1" },
});

Deno.test("toAnalyzerResults() has the keys of its readers, in order", () =>
  strictEqual(
    JSON.stringify(toAnalyzerResults([full, finding({ status: "skipped", reason: "excluded", message: "" })])),
    '[{"IsPass":false,"IsFail":true,"IsWarn":false,"Strict":true,"Title":"T","Message":"m","URI":"https://x.example",' +
      '"IconKey":"i","IconURI":"u","InvolvedObject":{"kind":"Pod","namespace":"n","name":"p","apiVersion":"v1"}}]',
  ));

Deno.test("toYamlResults() has them in lower case", () => {
  deepStrictEqual(
    toYamlResults([full, finding({ status: "pass", message: "" })]).map((result) => Object.keys(result)),
    [
      ["ispass", "isfail", "iswarn", "strict", "title", "message", "uri", "iconkey", "iconuri", "involvedobject"],
      ["ispass", "isfail", "iswarn", "strict", "title", "message", "uri", "iconkey", "iconuri", "involvedobject"],
    ],
  );
  deepStrictEqual(toYamlResults([full])[0]!.involvedobject, {
    kind: "Pod",
    namespace: "n",
    name: "p",
    uid: "",
    apiversion: "v1",
    resourceversion: "",
    fieldpath: "",
  });
  strictEqual(toYamlResults([finding({ status: "pass", message: "" })])[0]!.involvedobject, null);
});
