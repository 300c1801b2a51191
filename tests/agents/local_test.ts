import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { clusterAdvice } from "../../src/agents/advice/cluster.ts";
import { hostAdvice } from "../../src/agents/advice/host.ts";
import { symptoms } from "../../src/agents/advice/symptoms.ts";
import { localAgent } from "../../src/agents/local.ts";
import type { Problem } from "../../src/agents/problem.ts";
import { systemClock } from "../../src/core/clock.ts";
import { KNOWN_CLUSTER_ANALYZERS, KNOWN_HOST_ANALYZERS } from "../../src/analyze/registry.ts";
import { secretsOf } from "../secrets.ts";

const problem: Problem = {
  index: 0,
  kind: "clusterPodStatuses",
  where: "cluster",
  status: "fail",
  title: "Pod",
  message: "Pod is not healthy",
};

const behaviour: [name: string, change: Partial<Problem>, text: RegExp][] = [
  ["explains by kind", {}, /^A pod is not in the state/],
  ["tells hosts from clusters", { kind: "http", where: "host" }, /^A request from the host/],
  ["explains by what the message says before the kind", { message: "last state: OOMKilled" }, /^The kernel ended/],
  [
    "takes the more telling of two symptoms",
    { message: "BackOff: failed to pull: ErrImagePull" },
    /cannot pull an image/,
  ],
  ["does not take words for symptoms", { message: "backoffice and oom pah" }, /^A pod is not in the state/],
  [
    "says of what could not be evaluated that it is no verdict",
    { status: "error", message: "x509: y" },
    /says neither/,
  ],
  ["says where to look for a file that is missing", { status: "file-missing" }, /does not have the file/],
  ["says that no outcome fits", { status: "no-outcome-matched" }, /no verdict/],
  ["says what it does not know", { kind: "toString" }, /nothing more is known/],
];
for (const [name, change, text] of behaviour) {
  Deno.test(`localAgent ${name}`, async () => match((await explain({ ...problem, ...change })).text, text));
}

const commands: [name: string, object: Problem["object"], expected: string][] = [
  ["of its object", { kind: "Pod", namespace: "shop", name: "api-0" }, "kubectl -n shop describe pod api-0"],
  ["with gaps where there is no object", undefined, "kubectl -n NAMESPACE describe pod NAME"],
  [
    "without names that a shell would read",
    { kind: "Pod", namespace: "$(reboot)", name: "a; rm -rf /" },
    "kubectl -n NAMESPACE describe pod NAME",
  ],
  [
    "without names that are flags",
    { kind: "Pod", namespace: "--as=x", name: "-f" },
    "kubectl -n NAMESPACE describe pod NAME",
  ],
];
for (const [name, object, expected] of commands) {
  Deno.test(`localAgent writes commands ${name}`, async () => {
    strictEqual((await explain({ ...problem, object })).remediation?.command, expected);
  });
}

Deno.test("localAgent leaves the word to the finding's own analyzer", async () => {
  const own = (known: Problem["known"]) => explain({ ...problem, message: "OOMKilled", known });
  const by = { agent: "local", machineWritten: false };
  const [both, one, other] = [
    await own({ explanation: "e", nextStep: "n" }),
    await own({ explanation: "e" }),
    await own({ nextStep: "n" }),
  ];
  deepStrictEqual([both, one], [{ ...by, text: "e", remediation: { description: "n" } }, { ...by, text: "e" }]);
  match(other.text, /^The kernel ended/);
  deepStrictEqual(other.remediation, { description: "n" });
});

Deno.test("localAgent sends nobody who looks at a host to a pod", async () => {
  const { text, remediation } = await explain({ ...problem, where: "host", kind: "memory", message: "OOMKilled" });
  deepStrictEqual([text.slice(0, 16), remediation?.command], ["The kernel ended", undefined]);
});

Deno.test("localAgent claims no confidence, and that people wrote its texts", async () => {
  const { agent, machineWritten, ...rest } = await explain(problem);
  deepStrictEqual([agent, machineWritten, "confidence" in rest], ["local", false, false]);
});

Deno.test("every kind of analyzer has advice, and no other", () => {
  deepStrictEqual(Object.keys(clusterAdvice).sort(), [...KNOWN_CLUSTER_ANALYZERS].sort());
  deepStrictEqual(Object.keys(hostAdvice).sort(), [...KNOWN_HOST_ANALYZERS].sort());
});

Deno.test("commands of the advice only read", () => {
  const all = [...Object.values(clusterAdvice), ...Object.values(hostAdvice), ...symptoms.map(({ advice }) => advice)];
  const reads =
    /^(?:kubectl (?:-n \S+ )?(?:get|describe|logs|version|exec \S+ -- ceph health detail)\b|lscpu|free|df|cat|timedatectl|ip|ss|lsblk|lsmod|systemctl --failed|sysctl [a-z-])/;
  for (const { command } of all) ok(command === undefined || reads.test(command), command);
});

async function explain(one: Problem) {
  const context = { env: {}, secret: secretsOf(), clock: systemClock, signal: new AbortController().signal, warn() {} };
  for await (const { index, explanation } of localAgent.explain([one], context)) {
    strictEqual(index, one.index);
    return explanation;
  }
  throw new Error("nothing was said");
}
