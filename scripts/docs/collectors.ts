import { type Collector, commonFields } from "../../src/collect/collector.ts";
import {
  clusterCollectors,
  hostCollectors,
  KNOWN_CLUSTER_KINDS,
  KNOWN_HOST_KINDS,
} from "../../src/collect/registry.ts";
import { cell, describeField, type FieldDoc, fieldTable, ownFields } from "./fields.ts";

const HEAD = `<!-- Made by \`deno task docs\` from src/collect: change the descriptions there. -->
# Collectors

What specs may name in \`collectors\` (the cluster) and \`hostCollectors\` (the machine that runs support-bundle; every node, where the spec says [\`runHostCollectorsInPod\`](specs.md#runhostcollectorsinpod)). Misspelt kinds and fields are refused, with their place.
Text fields also take numbers and booleans. Durations are written \`90s\`, \`1h30m\`, \`7d\`; times as RFC 3339. \`support-bundle rbac SPEC\` prints the permissions that a spec needs.

Every kind has these fields:

`;

/** The whole document. */
export function renderCollectorsDoc(): string {
  const common = Object.entries(commonFields()).flatMap(([name, schema]) => describeField(name, schema));
  return HEAD + fieldTable(common) +
    part("Collectors of the cluster", "collectors", clusterCollectors, KNOWN_CLUSTER_KINDS) +
    part("Collectors of the host", "hostCollectors", hostCollectors, KNOWN_HOST_KINDS);
}

function part(title: string, list: string, units: readonly Collector[], known: readonly string[]): string {
  const prefix = list === "collectors" ? "" : "host-";
  const rows = known.map((kind) => {
    const unit = units.find((unit) => unit.kind === kind);
    return unit === undefined
      ? `| \`${kind}\` | not in this version: it is read, and the bundle says that it is missing |`
      : `| [\`${kind}\`](#${prefix}${kind.toLowerCase()}) | ${cell(unit.summary)} |`;
  });
  const sections = known.flatMap((kind) => {
    const unit = units.find((unit) => unit.kind === kind);
    return unit === undefined ? [] : [section(unit, prefix)];
  });
  return `\n## ${title}\n\n| \`${list}\` | what it gathers |\n|---|---|\n${rows.join("\n")}\n${sections.join("")}`;
}

function section(unit: Collector, prefix: string): string {
  const own = fieldsOf(unit);
  const heading = `\n### ${prefix === "" ? "" : "Host: "}${unit.kind}\n\n${unit.summary}.\n`;
  return heading + (own.length === 0 ? "\nIt has no fields of its own.\n" : `\n${fieldTable(own)}`);
}

/** The fields of a kind, without those that all kinds have. */
export function fieldsOf(unit: Collector): FieldDoc[] {
  return ownFields(unit.schema, Object.keys(commonFields()));
}
