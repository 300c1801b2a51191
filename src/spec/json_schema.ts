import * as z from "zod";
import { PERSONAL_DATA } from "../redact/personal_data.ts";
import { redactorListSchema } from "../redact/redactor_spec.ts";
import { DOCUMENT_SHAPES } from "./document_shapes.ts";
import { CATALOGS } from "./read_document.ts";
import type { EntryCatalog, EntryField, SpecUnit } from "./spec_entries.ts";
import { API_VERSIONS, SPEC_KINDS, type SpecKind } from "./troubleshoot_documents.ts";

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = { [key: string]: unknown };

/** The schema of the specs of one kind, for editors and for checks outside of this program. Fields, types and descriptions
 * are those that specs are checked against when they are loaded. */
export function specSchema(kind: SpecKind): JsonSchema {
  const { lists, others } = DOCUMENT_SHAPES[kind];
  const definitions: JsonSchema = {};
  const properties: JsonSchema = {};
  for (const [field, as] of Object.entries(lists)) {
    definitions[as] = entrySchema(as, CATALOGS[as], definitions);
    properties[field] = {
      type: ["array", "null"],
      items: { $ref: `#/$defs/${as}` },
      description: `Each entry names one ${CATALOGS[as].noun}`,
    };
  }
  for (const [field, description] of Object.entries(others)) properties[field] = otherField(field, description);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: kind,
    description: `A Troubleshoot spec of kind ${kind}`,
    type: "object",
    required: ["apiVersion", "kind", "spec"],
    properties: {
      apiVersion: { enum: API_VERSIONS, description: "Version of the format: troubleshoot.sh/v1beta2" },
      kind: { const: kind },
      metadata: {
        type: "object",
        properties: { name: { type: "string", description: "Name of the spec" } },
        description: "Name, labels and annotations of the spec",
      },
      spec: { type: ["object", "null"], properties, additionalProperties: false },
      status: { type: ["object", "null"] },
    },
    patternProperties: { "^x-": true },
    additionalProperties: false,
    $defs: definitions,
  };
}

/** All kinds in one: which one counts, `kind` says. */
export function anySpecSchema(): JsonSchema {
  const schemas = SPEC_KINDS.map((kind) => specSchema(kind));
  const definitions = Object.assign({}, ...schemas.map(({ $defs }) => $defs));
  const kinds = schemas.map(({ $defs: _, $schema: __, ...schema }) => schema);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Troubleshoot spec",
    type: "object",
    required: ["kind"],
    properties: { kind: { enum: SPEC_KINDS } },
    allOf: kinds.map((schema) => ({
      if: { properties: { kind: { const: schema.title } } },
      then: schema,
    })),
    $defs: definitions,
  };
}

/** One key of a known kind, and `docString` beside it. Bodies become definitions of their own. */
function entrySchema(field: EntryField, { known, units, noun }: EntryCatalog<SpecUnit>, definitions: JsonSchema) {
  const properties: JsonSchema = {};
  for (const kind of known) {
    const unit = units.find((unit) => unit.kind === kind);
    if (unit === undefined) {
      properties[kind] = { type: ["object", "null"], description: "Not in this version" };
      continue;
    }
    const name = `${field}.${kind}`;
    definitions[name] = unitSchema(unit);
    properties[kind] = { $ref: `#/$defs/${name}` };
  }
  return {
    type: "object",
    description: `One ${noun}: its kind as the key`,
    properties: { ...properties, docString: { type: ["string", "null"], description: "What the entry is for" } },
    additionalProperties: false,
    oneOf: known.map((kind) => ({ required: [kind] })),
  };
}

function unitSchema(unit: SpecUnit): JsonSchema {
  const body = toJsonSchema(unit.schema);
  const { summary } = unit as { summary?: string };
  const required = Array.isArray(body.required) && body.required.length > 0;
  return {
    ...body,
    // Nothing under a kind means its defaults.
    ...(required ? {} : { type: ["object", "null"] }),
    ...(summary === undefined ? {} : { description: summary }),
  };
}

function toJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      // Zod strips unknown keys; the loader of specs refuses or warns of them.
      if (jsonSchema.type === "object" && jsonSchema.properties !== undefined) {
        jsonSchema.additionalProperties ??= false;
      }
    },
  });
  return json as JsonSchema;
}

function otherField(field: string, description: string): JsonSchema {
  switch (field) {
    case "uri":
    case "uploadResultsTo":
      return { type: ["string", "null"], description };
    case "runHostCollectorsInPod":
      return { type: ["boolean", "null"], description };
    case "nodeSelector":
      return { type: ["object", "null"], additionalProperties: { type: "string" }, description };
    case "redactors":
      return { anyOf: [toJsonSchema(redactorListSchema), { type: "null" }], description };
    case "hide":
      return { anyOf: [{ type: "array", items: { enum: PERSONAL_DATA } }, { type: "string" }], description };
    default:
      return { type: ["array", "null"], items: { type: "object" }, description };
  }
}
