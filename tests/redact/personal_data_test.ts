import { deepStrictEqual, equal, throws } from "node:assert/strict";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { MASK } from "../../src/redact/mask.ts";
import { type PersonalData, readPersonalData } from "../../src/redact/personal_data.ts";
import { redactText } from "./redact_text.ts";

const H = MASK;
const LINE = "bob@example.org from 10.1.2.3 (02:42:ac:11:00:02) on db.example.org, password=hunter2\n";

const behaviour: [hide: PersonalData[], expected: string][] = [
  [[], LINE.replace("hunter2", H)],
  [["email"], `${H} from 10.1.2.3 (02:42:ac:11:00:02) on db.example.org, password=${H}\n`],
  [["ip"], `bob@example.org from ${H} (02:42:ac:11:00:02) on db.example.org, password=${H}\n`],
  [["mac"], `bob@example.org from 10.1.2.3 (${H}) on db.example.org, password=${H}\n`],
  [["hostname"], `bob@example.org from 10.1.2.3 (02:42:ac:11:00:02) on ${H}, password=${H}\n`],
  [["hostname", "email", "mac", "ip"], `${H} from ${H} (${H}) on ${H}, password=${H}\n`],
];

for (const [hide, expected] of behaviour) {
  Deno.test(`createRedactor() hides personal data when asked to: ${hide.join(", ") || "none"}`, async () => {
    equal((await redactText(createRedactor({ builtIn: true, custom: [], hide }), LINE)).text, expected);
  });
}

Deno.test("hidden personal data leave JSON and YAML readable", async () => {
  const redactor = createRedactor({ builtIn: true, custom: [], hide: ["email", "ip", "mac", "hostname"] });
  const json = JSON.stringify({ podIP: "10.0.0.12", ips: ["fd00::1"], node: { hostname: "worker-1" }, n: 1 }, null, 2);
  deepStrictEqual(JSON.parse((await redactText(redactor, json, "a.json")).text), {
    podIP: H,
    ips: [H],
    node: { hostname: H },
    n: 1,
  });
  const yaml = "podIP: 10.0.0.12\nhosts:\n- db.example.org\nmail: bob@example.org\n";
  equal((await redactText(redactor, yaml, "a.yaml")).text, `podIP: '${H}'\nhosts:\n- '${H}'\nmail: '${H}'\n`);
});

const words: [words: string[], expected: PersonalData[] | string][] = [
  [["ip", "email"], ["email", "ip"]],
  [[" IP ", ""], ["ip"]],
  [["all"], ["email", "ip", "mac", "hostname"]],
  [["hostnames"], 'x: "hostnames" is no class of data that can be hidden'],
];

for (const [given, expected] of words) {
  Deno.test(`readPersonalData() reads ${JSON.stringify(given)}`, () => {
    if (typeof expected === "string") throws(() => readPersonalData(given, "x"), { message: expected });
    else deepStrictEqual(readPersonalData(given, "x"), expected);
  });
}
