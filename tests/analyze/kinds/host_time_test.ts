import { time } from "../../../src/analyze/kinds/host/time.ts";
import { testBehaviour, testConditions, testMistakes } from "../host_kind.ts";
import { fail, pass } from "../judge_kind.ts";

const path = "host-collectors/system/time.json";
const clock = (ntp_synchronized: unknown, ntp_active: unknown, timezone: unknown = "UTC") => ({
  timezone,
  ntp_synchronized,
  ntp_active,
});

testConditions(time, path, [
  ["timezone = UTC", clock(true, true), true],
  ["timezone == UTC", clock(true, true), true],
  ["timezone === UTC", clock(true, true), true],
  ["timezone != UTC", clock(true, true), false],
  ["timezone != UTC", clock(true, true, "EUROPE/PARIS"), true],
  ["timezone == utc", clock(true, true), false],
  ["ntp = synchronized+active", clock(true, true), true],
  ["ntp == synchronized+active", clock(true, false), false],
  ["ntp === synchronized+inactive", clock(true, false), true],
  ["ntp == unsynchronized+active", clock(false, true), true],
  ["ntp == unsynchronized+inactive", clock(false, false), true],
  ["ntp == unsynchronized+inactive", clock(false, true), false],
  ["timezone == UTC", clock("***HIDDEN***", "***HIDDEN***"), true],
]);

testMistakes(time, [
  ["timezone UTC", "it is not a name, an operator and a value"],
  ["timezone == UTC now", "it is not a name, an operator and a value"],
  ["zone == UTC", '"zone" of the clock cannot be compared'],
  ["timezone > UTC", '">" is not an operator here'],
  ["ntp != synchronized+active", '"!=" is not an operator here'],
  ["ntp == synchronized", '"synchronized" is not a state of NTP'],
  ["ntp == active+synchronized", '"active+synchronized" is not a state of NTP'],
]);

testBehaviour(time, [
  ["shows the clock when no outcome matches", { outcomes: [fail("timezone != UTC")] }, { [path]: clock(true, false) }, [
    "skipped/no-outcome-matched: No outcome of the spec matched the clock " +
    '{"timezone":"UTC","ntp_synchronized":true,"ntp_active":false}',
  ]],
  ["fails where the time zone is hidden", { outcomes: [pass("timezone = UTC")] }, {
    [path]: clock(true, true, "***HIDDEN***"),
  }, [`throws: ${path} of the bundle has no "timezone": redaction has hidden it`]],
  ["fails without a time zone", { outcomes: [pass("timezone != UTC")] }, { [path]: {} }, [
    `throws: ${path} of the bundle has no "timezone"`,
  ]],
  [
    "fails where NTP is not told of",
    { outcomes: [pass("ntp == synchronized+active")] },
    { [path]: clock(true, null) },
    [
      `throws: ${path} of the bundle has neither true nor false as "ntp_active"`,
    ],
  ],
]);
