/** Writes docs/collectors.md and docs/insight.md from the registries: kinds, fields, types, defaults and descriptions are those
 * that specs are checked against, and checks say themselves what they do.
 *
 *   deno task docs            writes them
 *   deno task docs --check    fails when one is not up to date */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type * as z from "zod";
import { type Collector, commonFields } from "../src/collect/collector.ts";
import { clusterCollectors, hostCollectors, KNOWN_CLUSTER_KINDS, KNOWN_HOST_KINDS } from "../src/collect/registry.ts";
import { INSIGHT_DOC, renderInsightDoc } from "./insight_doc.ts";

export const COLLECTORS_DOC = fileURLToPath(new URL("../docs/collectors.md", import.meta.url));

/** A field of a kind, as specs write it. */
export interface FieldDoc {
  /** `limits.maxLines`; `[]` for elements of a list. */
  name: string;
  type: string;
  /** As a spec would write it; undefined: there is none. */
  default?: string;
  required: boolean;
  description: string;
}

const HEAD = `<!-- Made by \`deno task docs\` from src/collect: change the descriptions there. -->
# Collectors

What specs may name in \`collectors\` (the cluster) and \`hostCollectors\` (the machine that runs support-bundle). Misspelt kinds and fields are refused, with their place.
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
  const { shape } = unit.schema as unknown as { shape: Record<string, z.ZodType> };
  return Object.entries(shape).filter(([name]) => !Object.hasOwn(commonFields(), name))
    .flatMap(([name, schema]) => describeField(name, schema));
}

/** A field, and those inside of it. */
export function describeField(name: string, schema: z.ZodType): FieldDoc[] {
  const { core, optional, fallback, description } = unwrap(schema);
  const { type, inside } = typeOf(core);
  const [open, deeper] = inside === undefined ? ["", undefined] : [inside.list ? "[]." : ".", inside.shape];
  return [
    { name, type, default: defaultOf(core, fallback), required: !optional, description },
    ...Object.entries(deeper ?? {}).flatMap(([key, child]) => describeField(`${name}${open}${key}`, child)),
  ];
}

interface Definition {
  type: string;
  innerType?: z.ZodType;
  in?: z.ZodType;
  options?: z.ZodType[];
  element?: z.ZodType;
  valueType?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  entries?: Record<string, string>;
  values?: unknown[];
  defaultValue?: unknown;
}

const definition = (schema: z.ZodType) => schema.def as unknown as Definition;

interface Unwrapped {
  core: z.ZodType;
  optional: boolean;
  fallback: unknown;
  description: string;
}

/** Looks through what says that a field may be left out, and through transforms. */
function unwrap(schema: z.ZodType): Unwrapped {
  const found: Unwrapped = { core: schema, optional: false, fallback: undefined, description: "" };
  for (let at: z.ZodType | undefined = schema; at !== undefined;) {
    found.core = at;
    found.description ||= at.description ?? "";
    const def = definition(at);
    if (def.type === "optional" || def.type === "nullable") found.optional = true;
    if (def.type === "default" || def.type === "prefault") {
      found.optional = true;
      found.fallback ??= def.defaultValue;
    }
    at = def.innerType ?? (def.type === "pipe" ? def.in : undefined);
  }
  return found;
}

function typeOf(core: z.ZodType): { type: string; inside?: { list: boolean; shape: Record<string, z.ZodType> } } {
  const def = definition(core);
  switch (def.type) {
    case "string":
      return { type: "text" };
    case "int":
      return { type: "number" };
    case "any":
    case "unknown":
      return { type: "any" };
    case "enum":
      return { type: Object.values(def.entries!).map((value) => `\`${value}\``).join(" or ") };
    case "literal":
      return { type: def.values!.map((value) => `\`${value}\``).join(" or ") };
    case "array": {
      const element = unwrap(def.element!).core;
      const { type, inside } = typeOf(element);
      return { type: `list of ${type}`, inside: inside && { list: true, shape: inside.shape } };
    }
    case "record":
      return { type: `map of ${typeOf(unwrap(def.valueType!).core).type}` };
    case "object":
      return { type: "object", inside: { list: false, shape: def.shape! } };
    case "union":
      return unionType(def.options!);
    default:
      return { type: def.type };
  }
}

function unionType(options: z.ZodType[]): ReturnType<typeof typeOf> {
  const parts = options.map((option) => typeOf(unwrap(option).core));
  const types = [...new Set(parts.map(({ type }) => type))];
  const is = (...wanted: string[]) => types.length === wanted.length && wanted.every((type) => types.includes(type));
  // The two unions of core/flag_field.ts and collect/text_field.ts.
  if (is("boolean", "text")) return { type: "boolean" };
  if (is("text", "number", "boolean")) return { type: "text" };
  return { type: types.join(" or "), inside: parts.find(({ inside }) => inside !== undefined)?.inside };
}

function defaultOf(core: z.ZodType, fallback: unknown): string | undefined {
  const value = typeof fallback === "function" ? fallback() : fallback;
  if (value === undefined) return typeOf(core).type === "boolean" ? "false" : undefined;
  if (value === "" || Array.isArray(value) && value.length === 0) return undefined;
  if (typeof value === "object" && value !== null && Object.keys(value).length === 0) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function fieldTable(fields: readonly FieldDoc[]): string {
  const rows = fields.map(({ name, type, default: fallback, required, description }) => {
    const shown = required ? "required" : fallback === undefined ? "" : `\`${fallback}\``;
    return `| \`${name}\` | ${cell(type)} | ${cell(shown)} | ${cell(description)} |`;
  });
  return `| field | type | default | meaning |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}

/** Text of a table's cell. Between backticks, `<` is meant as it is. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ").split("`")
    .map((span, index) => index % 2 === 0 ? span.replaceAll("<", "&lt;") : span).join("`");
}

if (import.meta.main) {
  const check = Deno.args.includes("--check");
  for (const [path, text] of [[COLLECTORS_DOC, renderCollectorsDoc()], [INSIGHT_DOC, renderInsightDoc()]] as const) {
    const name = `docs/${basename(path)}`;
    if (!check) {
      await Deno.writeTextFile(path, text);
      console.error(`${name} written`);
    } else if (await Deno.readTextFile(path).catch(() => "") !== text) {
      console.error(`${name} is not up to date: run \`deno task docs\``);
      Deno.exitCode = 1;
    }
  }
}
