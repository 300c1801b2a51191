import type * as z from "zod";

export interface UnknownKey {
  path: (string | number)[];
  /** The keys that the place knows. */
  known: string[];
}

/** Finds the keys of a value that its schema does not name, at every depth. */
export function findUnknownKeys(schema: z.ZodType, value: unknown, path: (string | number)[] = []): UnknownKey[] {
  if (Array.isArray(value)) {
    const element = alternatives(schema).map((s) => definition(s)).find((def) => def.type === "array")?.element;
    return element === undefined ? [] : value.flatMap((item, i) => findUnknownKeys(element, item, [...path, i]));
  }
  if (typeof value !== "object" || value === null) return [];
  const shapes = alternatives(schema).map((s) => definition(s)).filter((def) => def.type === "object");
  if (shapes.length === 0) return [];
  const known = Object.assign({}, ...shapes.map((def) => def.shape)) as Record<string, z.ZodType>;
  return Object.entries(value).flatMap(([key, child]) =>
    Object.hasOwn(known, key)
      ? findUnknownKeys(known[key]!, child, [...path, key])
      : [{ path: [...path, key], known: Object.keys(known) }]
  );
}

interface Definition {
  type: string;
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  innerType?: z.ZodType;
  in?: z.ZodType;
  options?: z.ZodType[];
  getter?: () => z.ZodType;
}

function definition(schema: z.ZodType): Definition {
  return schema.def as unknown as Definition;
}

/** The schemas that a value may meet once optional, default, union and pipe are looked through. */
function alternatives(schema: z.ZodType): z.ZodType[] {
  const def = definition(schema);
  if (def.innerType !== undefined) return alternatives(def.innerType);
  if (def.type === "pipe" && def.in !== undefined) return alternatives(def.in);
  if (def.type === "lazy" && def.getter !== undefined) return alternatives(def.getter());
  if (def.options !== undefined) return def.options.flatMap(alternatives);
  return [schema];
}
