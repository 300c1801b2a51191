import * as z from "zod";
import { textMapField } from "../../../text_field.ts";
import { textField } from "../../../text_field.ts";

/** The `podSpec` field: the API server knows its fields, and checks them. */
export function podSpecField() {
  return z.record(z.string(), z.unknown()).refine(
    ({ containers }) => Array.isArray(containers) && containers.length > 0,
    { error: "A podSpec needs at least one container", path: ["containers"] },
  ).describe("Spec of the pod, as Kubernetes takes it");
}

/** The containers that a podSpec names; the cluster may inject others. */
export function containerNames(podSpec: Record<string, unknown>): string[] {
  return (podSpec.containers as { name?: unknown }[]).map(({ name }) => String(name ?? ""));
}

/** Where a pod runs that a collector starts. */
export function podNamespaceField() {
  return textField().default("").describe("Namespace of the pods; empty: that of the command line, else default");
}

export function annotationsField() {
  return textMapField().default({}).describe("Annotations of the pod");
}
