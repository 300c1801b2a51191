import { deepStrictEqual } from "node:assert/strict";
import { readModelText } from "../../src/agents/machine_reply.ts";

const remedy = { description: "Raise the limit", action: "Edit it", command: "kubectl get pods", priority: 1 };

const behaviour: [name: string, reply: string, expected: ReturnType<typeof readModelText>][] = [
  [
    "reads the documented form",
    JSON.stringify({ status: "fail", title: "t", message: "m", insights: ["i"], remediation: remedy }),
    { text: "m", insights: ["i"], remediation: remedy },
  ],
  ["reads what is between braces", 'Sure! ```json\n{"message": "m"}\n``` Bye', { text: "m" }],
  ["reads capitalised keys", '{"Message": "m", "Remediation": {"Description": "d"}}', {
    text: "m",
    remediation: { description: "d" },
  }],
  ["reads a remediation that is a text", '{"message": "m", "remediation": "d"}', {
    text: "m",
    remediation: { description: "d" },
  }],
  ["leaves out what has another type", '{"message": "m", "insights": 5, "remediation": [1], "confidence": 1}', {
    text: "m",
  }],
  ["leaves out single insights of another type, and twins", '{"message": "m", "insights": ["a", 1, "a", "b"]}', {
    text: "m",
    insights: ["a", "b"],
  }],
  ["leaves out a priority that is none", '{"message": "m", "remediation": {"action": "a", "priority": "high"}}', {
    text: "m",
    remediation: { description: "a", action: "a" },
  }],
  [
    "leaves out links that are not https",
    '{"message": "m", "remediation": {"description": "d", "documentation": "javascript:alert(1)"}}',
    { text: "m", remediation: { description: "d" } },
  ],
  ["takes an insight for want of a message", '{"insights": ["a"]}', { text: "a", insights: ["a"] }],
  ["cleans every text", '{"message": "\\u001b[31mm", "remediation": {"description": "d", "command": "a\\u0007b"}}', {
    text: "m",
    remediation: { description: "d", command: "ab" },
  }],
  ["takes text without braces", "The pod is out of memory.", { text: "The pod is out of memory." }],
  ["takes the line of the message", "Title: x\n**Message:** The pod is gone\nStatus: fail", {
    text: "The pod is gone",
  }],
  ["cannot read JSON that is cut", '{"message": "The pod', undefined],
  ["cannot read braces in the wrong order", "} oh {", undefined],
  ["cannot read an object that says nothing", '{"status": "fail", "message": ""}', undefined],
  ["cannot read an object of other types", '{"message": {"a": 1}}', undefined],
  ["cannot read noise", "\x00\x01 ??? 17", undefined],
  ["cannot read nothing", "", undefined],
];
for (const [name, reply, expected] of behaviour) {
  Deno.test(`readModelText() ${name}`, () => deepStrictEqual(readModelText(reply), expected));
}

Deno.test("readModelText() cuts what is long", () => {
  const said = readModelText(
    JSON.stringify({ message: "m".repeat(100_000), insights: Array(1000).fill(0).map(String) }),
  )!;
  deepStrictEqual([said.text.length, said.insights], [2000, ["0"]]);
});
