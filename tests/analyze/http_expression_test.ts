import { strictEqual, throws } from "node:assert/strict";
import { SpecConditionError } from "../../src/analyze/condition_error.ts";
import { httpCondition } from "../../src/analyze/http_expression.ts";

const behaviour: [when: string, statusCode: number, holds: boolean][] = [
  ["statusCode == 200", 200, true],
  ["statusCode = 200", 200, true],
  ["statusCode === 200", 404, false],
  ["statusCode==200", 200, true],
  ["statuscode == 200", 200, true],
  ["statusCode != 200", 404, true],
  ["statusCode !== 404", 404, false],
  ["statusCode >= 200 && statusCode < 300", 204, true],
  ["statusCode >= 200 && statusCode < 300", 300, false],
  ["statusCode > 499 || statusCode <= 199", 500, true],
  ["statusCode == 200 || statusCode == 201 && false", 200, true],
  ["(statusCode == 200 || statusCode == 201) && false", 200, false],
  ["!(statusCode == 200)", 200, false],
  ["!!(statusCode == 200)", 200, true],
  ["statusCode in (200, 204)", 204, true],
  ["statusCode in (200, 204)", 404, false],
  ["statusCode IN (200)", 200, true],
  ["!(statusCode in (200, 204))", 404, true],
  ["statusCode in (100 * 2, 204) == true", 200, true],
  ["statusCode =~ '^2'", 204, true],
  ["statusCode =~ '^2'", 302, false],
  ['statusCode !~ "^[45]"', 200, true],
  ["statusCode =~ '^2\\\\d\\\\d$'", 204, true],
  ["'abc' =~ 'b'", 200, true],
  ["statusCode / 100 >= 4", 404, true],
  ["statusCode - statusCode % 100 == 400", 404, true],
  ["statusCode + 1 == 2 * 100 + 1", 200, true],
  ["-statusCode < -199", 200, true],
  ["2 + 3 * 4 == 14", 200, true],
  ["(2 + 3) * 4 == 20", 200, true],
  ["10 - 4 - 3 == 3", 200, true],
  ["statusCode == 200 ? true : false", 200, true],
  ["statusCode >= 300 ? statusCode < 400 : statusCode == 204", 302, true],
  ["statusCode >= 300 ? statusCode < 400 : statusCode == 204", 200, false],
  ["statusCode == (true ? false ? 1 : 200 : 3)", 200, true],
  ["[statusCode] == 0xc8", 200, true],
  ["statusCode == 200.0", 200, true],
  ["statusCode == '200'", 200, true],
  ['"200" != statusCode', 200, false],
  ["'a' + 'b' == 'ab'", 200, true],
  ["'a' < 'b'", 200, true],
  ["true", 200, true],
  ["false", 200, false],
  ["1 / 0 > statusCode", 200, true],
  ["error", 200, false],
];

for (const [when, statusCode, holds] of behaviour) {
  Deno.test(`httpCondition() "${when}" ${holds ? "holds" : "does not hold"} for ${statusCode}`, () =>
    strictEqual(httpCondition(when)({ statusCode, failed: false }), holds));
}

const failures: [when: string, holds: boolean][] = [
  ["error", true],
  [" error ", true],
  ["statusCode != 200", false],
  ["!(statusCode == 200)", false],
  ["true", false],
];

for (const [when, holds] of failures) {
  Deno.test(`httpCondition() "${when}" ${holds ? "holds" : "does not hold"} without a response`, () =>
    strictEqual(httpCondition(when)({ failed: true }), holds));
}

const mistakes: [when: string, problem: RegExp][] = [
  ["statusCode", /it is a number, neither true nor false$/],
  ["200", /it is a number, neither true nor false$/],
  ["statusCode = ", /a value is missing at its end$/],
  ["statusCode 200", /"200" is not expected \(at character 12\)$/],
  ["status == 200", /there is no "status", only statusCode \(at character 1\)$/],
  ["constructor == 200", /there is no "constructor"/],
  ["errors", /there is no "errors"/],
  ["statusCode == 'ok'", /"==" has a number and a text/],
  ["statusCode == true", /"==" has a number and a boolean/],
  ["true > false", /">" does not compare true and false/],
  ["statusCode && true", /"&&" needs a boolean, not a number/],
  ["true || 1", /"\|\|" needs a boolean, not a number/],
  ["!statusCode", /"!" needs a boolean, not a number/],
  ["-true == 1", /"-" needs a number, not a boolean/],
  ["statusCode + true > 1", /"\+" needs a number, not a boolean/],
  ["statusCode ? true : false", /"\?" needs a boolean, not a number/],
  ["true ? 1 : 'a'", /"\?" has a number and a text/],
  ["true ? true", /":" is missing$/],
  ["(statusCode == 200", /"\)" is missing$/],
  ["statusCode == 200)", /"\)" is not expected/],
  ["statusCode in 200", /"200" stands where "\(" should/],
  ["statusCode in ()", /"\)" stands where a value should/],
  ["statusCode in (200, 'x')", /has a number and a text/],
  ["statusCode =~ 200", /"=~" needs a number or a text, and a pattern in quotes/],
  ["statusCode =~ '('", /pattern "\("/],
  ["statusCode =~ '(?=a)'", /pattern "\(\?=a\)"/],
  ["statusCode == 'a", /a quote is not closed \(at character 15\)$/],
  ["statusCode == 200; alert(1)", /";" cannot be read/],
  ["statusCode == 200abc", /"2" cannot be read/],
  ["statusCode & 1 == 0", /"&" cannot be read/],
  ["(".repeat(2000) + "true" + ")".repeat(2000), /nested deeper than 50 levels$/],
  ["!".repeat(2000) + "true", /nested deeper than 50 levels$/],
  ["true ? true : ".repeat(200) + "true", /nested deeper than 50 levels$/],
  ["true || ".repeat(1000) + "true", /longer than 4096 characters$/],
];

for (const [when, problem] of mistakes) {
  Deno.test(`httpCondition() refuses ${when.slice(0, 40)}`, () =>
    throws(() => httpCondition(when), (error) => error instanceof SpecConditionError && problem.test(error.message)));
}

Deno.test("httpCondition() matches patterns in linear time", () =>
  strictEqual(
    httpCondition(`'${"a".repeat(2000)}' =~ '^(a+)+$' && 'x' =~ 'x'`)({ statusCode: 1, failed: false }),
    true,
  ));

Deno.test("httpCondition() takes long chains", () =>
  strictEqual(httpCondition("true && ".repeat(500) + "true")({ statusCode: 1, failed: false }), true));
