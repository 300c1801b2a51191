import * as z from "zod";

/** What the JSON schema of SARIF 2.1.0 says of the objects that we write: which properties they may and must have, and of which
 * type. Its objects take no others.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json */
const propertyBag = z.looseObject({ tags: z.array(z.string()).optional() });
const message = z.strictObject({ text: z.string() });
const artifactLocation = z.strictObject({
  // A URI reference, in which everything else is escaped.
  uri: z.string().regex(/^(?:[\w.~!$&'()*+,;=:@/?#-]|%[0-9A-F]{2})+$/).optional(),
  uriBaseId: z.string().optional(),
  description: message.optional(),
});
const location = z.strictObject({
  physicalLocation: z.strictObject({
    artifactLocation,
    region: z.strictObject({ startLine: z.int().min(1) }).optional(),
  }).optional(),
  logicalLocations: z.array(z.strictObject({
    name: z.string(),
    fullyQualifiedName: z.string(),
    kind: z.string(),
  })).optional(),
});
const result = z.strictObject({
  ruleId: z.string(),
  ruleIndex: z.int().min(-1),
  kind: z.enum(["notApplicable", "pass", "fail", "review", "open", "informational"]),
  level: z.enum(["none", "note", "warning", "error"]),
  message,
  locations: z.array(location),
  partialFingerprints: z.record(z.string(), z.string()),
  properties: propertyBag,
}).refine(({ kind, level }) => kind === "fail" || level === "none", "only a failure has a level");

export const sarifSchema = z.strictObject({
  $schema: z.url(),
  version: z.literal("2.1.0"),
  runs: z.array(z.strictObject({
    tool: z.strictObject({
      driver: z.strictObject({
        name: z.string(),
        version: z.string(),
        rules: z.array(z.strictObject({ id: z.string(), name: z.string() })).refine((rules) =>
          new Set(rules.map(({ id }) => id)).size === rules.length
        ),
      }),
    }),
    originalUriBaseIds: z.record(z.string(), artifactLocation),
    columnKind: z.enum(["utf16CodeUnits", "unicodeCodePoints"]),
    properties: propertyBag,
    results: z.array(result),
  })),
});
