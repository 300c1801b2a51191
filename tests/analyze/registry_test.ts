import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  clusterAnalyzers,
  hostAnalyzers,
  KNOWN_CLUSTER_ANALYZERS,
  KNOWN_HOST_ANALYZERS,
} from "../../src/analyze/registry.ts";

const registries = [
  ["cluster", clusterAnalyzers, KNOWN_CLUSTER_ANALYZERS, 38],
  ["host", hostAnalyzers, KNOWN_HOST_ANALYZERS, 27],
] as const;

for (const [where, analyzers, known, count] of registries) {
  Deno.test(`${where} analyzers are known, in order of precedence`, () => {
    const kinds = analyzers.map(({ kind }) => kind);
    deepStrictEqual(kinds, known.filter((kind) => kinds.includes(kind)));
    strictEqual(new Set(known).size, count);
    deepStrictEqual([...new Set(analyzers.map((analyzer) => analyzer.where))], [where]);
  });

  for (const analyzer of analyzers) {
    Deno.test(`${where} analyzer ${analyzer.kind} reads what YAML makes of its common fields`, () => {
      const config = analyzer.schema.parse({
        checkName: 7,
        exclude: "false",
        strict: "1",
        annotations: null,
        docString: "Title: x",
        outcomes: [{ fail: { when: 3, message: null }, warn: null }, { pass: { when: true } }, { pass: null }],
      }) as Record<string, unknown>;
      const { checkName, exclude, strict, outcomes } = config;
      strictEqual(
        JSON.stringify({ checkName, exclude, strict, outcomes }),
        '{"checkName":"7","exclude":false,"strict":true,"outcomes":[{"fail":{"when":"3"}},{"pass":{"when":"true"}},{}]}',
      );
    });
  }
}
