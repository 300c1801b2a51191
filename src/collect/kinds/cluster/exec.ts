import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, jsonEntry, missing } from "../../../bundle/entry.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import type { ExecResult, KubeObject } from "../../../kube/kube_client.ts";
import { defineCollector, titled } from "../../collector.ts";
import { startDeadline, timeoutMs } from "../../deadline.ts";
import { textField } from "../../text_field.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";
import { joinSelector, selectorField } from "./label_selector.ts";
import { describeTarget, execNeeds, findPod, MAX_OUTPUT_BYTES, outputEntry } from "./pod_command.ts";

const titleOf = titled("exec");

export const exec = defineCollector({
  kind: "exec",
  where: "cluster",
  summary: "Output of a command in a container of the first pod that a selector finds",
  title: titleOf,
  fields: () => ({
    name: textField().default("").describe("Folder in the bundle"),
    selector: selectorField().describe("Label selectors, ANDed, as kubectl -l takes them"),
    namespace: textField().default("").describe("Namespace of the pod; empty: all namespaces"),
    containerName: textField().default("").describe("Container; empty: the pod's first"),
    command: z.array(textField()).default([]).describe("Command"),
    args: z.array(textField()).default([]).describe("Arguments, appended to the command"),
    timeout: textField().optional().describe(
      "Longest time for everything, such as 30s; without it the run's own limit",
    ),
  }),
  needs: ({ namespace }) => execNeeds(namespace),
  async *collect(config, { kube, clock, signal }): AsyncGenerator<Entry> {
    const { name, collectorName = "", namespace, containerName, selector } = config;
    const command = [...config.command, ...config.args];
    if (command.length === 0) {
      throw new SupportBundleError("Cannot run a command in a pod: the exec collector has neither command nor args", {
        code: "SPEC_VALUE",
        hint: 'Add the command as a list, such as command: ["sh", "-c"]',
      });
    }
    using deadline = startDeadline(clock, timeoutMs(config.timeout), signal);
    let pod: KubeObject | undefined;
    try {
      pod = await findPod(kube, namespace, joinSelector(selector), deadline.signal);
    } catch (error) {
      if (deadline.expired) throw timedOut(config.timeout!, error);
      rethrowFatal(error, signal);
      const stem = name || collectorName;
      yield missing(titleOf(config), missingReason(error), describeError(error));
      return yield jsonEntry(bundlePath(stem ? `${stem}-errors.json` : "errors.json"), [describeError(error)]);
    }
    if (pod === undefined) {
      return yield missing(titleOf(config), "empty", `No pod matches the selector "${joinSelector(selector)}"`);
    }

    const target = {
      namespace: pod.metadata.namespace!,
      pod: pod.metadata.name,
      container: containerName || pod.spec.containers[0].name,
      command,
    };
    const file = (what: string) =>
      bundlePath(name, target.namespace, target.pod, `${collectorName || target.container}-${what}`);
    const source = `exec ${describeTarget(target)}`;
    let result: ExecResult;
    try {
      result = await kube.exec(target, { signal: deadline.signal, maxBytes: MAX_OUTPUT_BYTES });
    } catch (error) {
      if (deadline.expired) throw timedOut(config.timeout!, error);
      rethrowFatal(error, signal);
      yield missing(file("stdout.txt"), missingReason(error), describeError(error));
      return yield jsonEntry(file("errors.json"), [describeError(error)], { source });
    }
    if (result.stdout.length > 0) yield outputEntry(file("stdout.txt"), result.stdout, result.truncated, source);
    if (result.stderr.length > 0) yield outputEntry(file("stderr.txt"), result.stderr, result.truncated, source);
    if (result.failure) yield jsonEntry(file("errors.json"), [result.failure.message], { source });
  },
});

function timedOut(timeout: string, cause: unknown): SupportBundleError {
  return new SupportBundleError(`timeout: the command did not end within ${timeout}`, {
    code: "TIMEOUT",
    hint: "Give the collector a longer timeout; the process in the pod may still run",
    cause,
  });
}
