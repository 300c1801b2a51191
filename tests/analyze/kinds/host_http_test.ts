import { hostHttp } from "../../../src/analyze/kinds/host/http.ts";
import { testBehaviour, testConditions, testMistakes } from "../host_kind.ts";
import { fail, pass } from "../judge_kind.ts";

const path = "host-collectors/http/result.json";
const ok = { response: { status: 200, body: "", headers: {} } };
const down = { error: { message: "connection refused" } };

testConditions(hostHttp, path, [
  ["error", down, true],
  ["error", ok, false],
  ["statusCode == 200", ok, true],
  ["statusCode = 200", ok, true],
  ["statusCode === 201", ok, false],
  ["statusCode >= 200 && statusCode < 300", ok, true],
  ["statusCode in (200, 204)", ok, true],
  ["!(statusCode == 200)", ok, false],
  ["statusCode == 200", down, false],
]);

testMistakes(hostHttp, [
  ["status == 200", 'there is no "status", only statusCode (at character 1)'],
]);

testBehaviour(hostHttp, [
  ["says so when no outcome matches", { outcomes: [pass("statusCode == 200")] }, { [path]: down }, [
    `skipped/no-outcome-matched: No outcome of the spec matched the failure in ${path}: connection refused`,
  ]],
  ["fails on a status that is hidden", { outcomes: [fail()] }, { [path]: { response: { status: "***HIDDEN***" } } }, [
    `throws: The response in ${path} of the bundle has no number "status"`,
  ]],
]);
