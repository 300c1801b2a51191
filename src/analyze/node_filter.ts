import * as z from "zod";
import { textField } from "./analyzer.ts";
import { SpecConditionError } from "./condition_error.ts";
import { labelOf, requirement } from "./label_selector.ts";
import type { StoredObject } from "./stored_objects.ts";
import { type Billionths, tryParseQuantity } from "./quantity.ts";
import { Struct } from "./template/values.ts";

/** The parts of a Node that conditions look at. */
export interface Node extends StoredObject {
  spec?: { taints?: { key?: string; value?: string; effect?: string }[] | null };
  status?: {
    capacity?: Record<string, unknown> | null;
    allocatable?: Record<string, unknown> | null;
    conditions?: { type?: string; status?: string }[] | null;
    nodeInfo?: { architecture?: string };
  };
}

/** What nodes offer, by the name that specs use, and where the node has it. */
export const NODE_PROPERTIES = {
  cpuCapacity: ["capacity", "cpu"],
  cpuAllocatable: ["allocatable", "cpu"],
  memoryCapacity: ["capacity", "memory"],
  memoryAllocatable: ["allocatable", "memory"],
  podCapacity: ["capacity", "pods"],
  podAllocatable: ["allocatable", "pods"],
  ephemeralStorageCapacity: ["capacity", "ephemeral-storage"],
  ephemeralStorageAllocatable: ["allocatable", "ephemeral-storage"],
  /** Of the resource that the filter names. */
  resourceCapacity: ["capacity", undefined],
  resourceAllocatable: ["allocatable", undefined],
} as const;

export type NodeProperty = keyof typeof NODE_PROPERTIES;

const PROPERTIES = Object.keys(NODE_PROPERTIES) as NodeProperty[];

const minimum = () => textField().describe("Nodes with less are left out: a quantity such as 4 or 8Gi");

/** `filters` of nodeResources: only nodes that pass all of them are looked at. */
export function nodeFilterField() {
  return z.object({
    cpuArchitecture: textField().describe("amd64, arm64 …"),
    cpuCapacity: minimum(),
    cpuAllocatable: minimum(),
    memoryCapacity: minimum(),
    memoryAllocatable: minimum(),
    podCapacity: minimum(),
    podAllocatable: minimum(),
    ephemeralStorageCapacity: minimum(),
    ephemeralStorageAllocatable: minimum(),
    resourceName: textField().describe("An extended resource such as nvidia.com/gpu; nodes without it are left out"),
    resourceCapacity: minimum(),
    resourceAllocatable: minimum(),
    selector: z.object({
      matchLabel: z.record(z.string(), z.coerce.string()).nullish(),
      matchLabels: z.record(z.string(), z.coerce.string()).nullish(),
      matchExpressions: z.array(z.object({
        key: z.string(),
        operator: z.string(),
        values: z.array(z.coerce.string()).nullish(),
      })).nullish(),
    }).nullish(),
    taint: z.object({ key: z.string(), value: textField(), effect: textField() }).nullish()
      .describe("Only nodes with a taint of this key and effect"),
  }).nullish();
}

export type NodeFilterConfig = z.output<ReturnType<typeof nodeFilterField>>;

/** Reads the filters.
 * @returns whether a node passes all of them
 * @throws {SpecConditionError} */
export function nodeFilter(config: NodeFilterConfig): (node: Node) => boolean {
  if (!config) return () => true;
  const tests: ((node: Node) => boolean)[] = [];
  const { cpuArchitecture, resourceName, selector, taint } = config;

  if (cpuArchitecture) {
    const wanted = cpuArchitecture.toLowerCase();
    tests.push(({ status }) => status?.nodeInfo?.architecture?.toLowerCase() === wanted);
  }
  if (resourceName) {
    tests.push(({ status }) =>
      Object.hasOwn(status?.capacity ?? {}, resourceName) || Object.hasOwn(status?.allocatable ?? {}, resourceName)
    );
  }
  for (const property of PROPERTIES) {
    const text = config[property];
    if (!text) continue;
    const least = tryParseQuantity(text);
    if (least === undefined) {
      throw new SpecConditionError(`filter ${property}: ${text}`, "it is not a quantity", "Write it as 4, 500m or 8Gi");
    }
    checkResourceName(property, resourceName, `filter ${property}`);
    tests.push((node) => (nodeQuantity(node, property, resourceName) ?? 0n) >= least);
  }
  for (const [label, value] of Object.entries({ ...selector?.matchLabel, ...selector?.matchLabels })) {
    tests.push(({ metadata }) => labelOf(metadata?.labels, label) === value);
  }
  for (const expression of selector?.matchExpressions ?? []) {
    const test = requirement(expression);
    tests.push(({ metadata }) => test(metadata?.labels));
  }
  if (taint) {
    tests.push(({ spec }) =>
      (spec?.taints ?? []).some(({ key, effect }) => key === taint.key && (!taint.effect || effect === taint.effect))
    );
  }
  return (node) => tests.every((test) => test(node));
}

/** How much of it a node offers; undefined when it does not say.
 * @throws {Error} for a value that is not a quantity */
export function nodeQuantity(node: Node, property: NodeProperty, resourceName?: string): Billionths | undefined {
  const [kind, known] = NODE_PROPERTIES[property];
  const resource = known ?? resourceName ?? "";
  const amounts = node.status?.[kind] ?? {};
  if (!Object.hasOwn(amounts, resource)) return undefined;
  const quantity = tryParseQuantity(String(amounts[resource]));
  if (quantity === undefined) {
    throw new Error(
      `${resource} of the node ${node.metadata?.name} is "${amounts[resource]}", which is not a quantity`,
    );
  }
  return quantity;
}

/** @throws {SpecConditionError} when the property needs the name of a resource, and there is none */
export function checkResourceName(property: NodeProperty, resourceName: string | undefined, what: string): void {
  if (NODE_PROPERTIES[property][1] !== undefined || resourceName) return;
  throw new SpecConditionError(what, `${property} of what is not said`, "Add resourceName to the filters");
}

/** The fields of templates: `.NodeCount`, and those of the filters where there are any. */
export function nodeTemplateData(count: number, config: NodeFilterConfig): Struct {
  const fields: Record<string, unknown> = { NodeCount: count };
  if (config) {
    for (const property of PROPERTIES) {
      fields[property.replace(/^cpu/, "CPU").replace(/^[a-z]/, (c) => c.toUpperCase())] = config[property] ?? "";
    }
    const { selector, taint } = config;
    const labels = { ...selector?.matchLabel, ...selector?.matchLabels };
    fields.CPUArchitecture = config.cpuArchitecture ?? "";
    fields.ResourceName = config.resourceName ?? "";
    fields.Selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(",");
    fields.Taint = taint ? `${taint.key}${taint.value ? `=${taint.value}` : ""}:${taint.effect ?? ""}` : "";
  }
  return Struct.of("NodeResources", fields);
}
