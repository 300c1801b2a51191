import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { closingLine, describeSkipped, parseJunit } from "../../scripts/test_report.ts";

const JUNIT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="6" failures="2" errors="0" time="0.058">
    <testsuite name="./tests/a_test.ts" tests="6" disabled="1" errors="0" failures="2">
        <testcase name="a() keeps &lt;x&gt; &amp; &quot;y&quot;" classname="./tests/a_test.ts" time="0.000" line="1" col="6">
        </testcase>
        <testcase name="b() needs a server" classname="./tests/a_test.ts" time="0.000" line="2" col="6">
            <skipped/>
        </testcase>
        <testcase name="c() has steps" classname="./tests/a_test.ts" time="0.003" line="3" col="6">
            <failure message="1 test step failed">1 test step failed.</failure>
        </testcase>
        <testcase name="c() has steps &gt; one" classname="./tests/a_test.ts" time="0.001" line="3" col="9">
            <failure message="Uncaught Error: x">Error: x</failure>
        </testcase>
        <testcase name="d() fails" classname="./tests/a_test.ts" time="0.001" line="5" col="6">
            <failure message="Uncaught Error: says &lt;skipped/&gt;">Error: bad</failure>
        </testcase>
    </testsuite>
</testsuites>`;

Deno.test("parseJunit() tells passed, failed and skipped apart", () => {
  deepStrictEqual(parseJunit(JUNIT), {
    passed: ['a() keeps <x> & "y"'],
    failed: ["c() has steps > one", "d() fails"],
    skipped: [{ name: "b() needs a server", file: "tests/a_test.ts" }],
  });
});

Deno.test("parseJunit() finds nothing in an empty report", () => {
  deepStrictEqual(parseJunit(""), { passed: [], failed: [], skipped: [] });
});

Deno.test("describeSkipped() groups by reason", () => {
  const lines = describeSkipped(
    [{ name: "one", file: "a" }, { name: "two", file: "b" }, { name: "three", file: "a" }],
    (file) => file === "a" ? "no server" : "no binary",
  );
  deepStrictEqual(lines, [
    "1 skipped: no binary",
    "  b: two",
    "2 skipped: no server",
    "  a: one",
    "  a: three",
  ]);
});

Deno.test("closingLine() is plain", () => {
  strictEqual(closingLine(parseJunit(JUNIT)), "1 passed, 2 failed, 1 skipped");
});
