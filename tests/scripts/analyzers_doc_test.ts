import { deepStrictEqual, match, ok } from "node:assert/strict";
import { analyzerFields, testsOfAnalyzers } from "../../scripts/docs/analyzers.ts";
import { clusterAnalyzers, hostAnalyzers } from "../../src/analyze/registry.ts";

const tests = await testsOfAnalyzers();

for (const unit of [...clusterAnalyzers, ...hostAnalyzers]) {
  const name = `${unit.where} analyzer ${unit.kind}`;

  Deno.test(`${name} has a test of its own`, () => {
    const own = (tests.get(unit) ?? []).filter((path) => path.startsWith("tests/analyze/kinds/"));
    ok(own.length > 0, "no test in tests/analyze/kinds imports the file that defines it");
  });

  Deno.test(`${name} says in one sentence what it judges, and its fields have types that can be told`, () => {
    match(unit.summary, /^[A-Z].*[^.]$/);
    const untold = analyzerFields(unit).filter(({ type }) => /undefined|transform|pipe|nonoptional|lazy/.test(type));
    deepStrictEqual(untold, []);
  });
}
