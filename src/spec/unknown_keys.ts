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
  valueType?: z.ZodType;
  innerType?: z.ZodType;
  in?: z.ZodType;
  options?: z.ZodType[];
  getter?: () => z.ZodType;
}

function definition(schema: z.ZodType): Definition {
  return schema.def as unknown as Definition;
}

/** Whether a value is a text: what YAML reads as a number or a boolean there was meant as it is written. */
export function takesText(schema: z.ZodType): boolean {
  const types = new Set(alternatives(schema).map((alternative) => definition(alternative).type));
  return types.has("string") && (types.size === 1 || types.has("number"));
}

/** The schema of the value at a path, where there is one. */
export function schemaAt(schema: z.ZodType, path: readonly (string | number)[]): z.ZodType | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  for (const alternative of alternatives(schema)) {
    const { type, shape, element, valueType } = definition(alternative);
    const next = type === "array" && typeof key === "number"
      ? element
      : type === "record"
      ? valueType
      : shape?.[String(key)];
    const found = next && schemaAt(next, rest);
    if (found !== undefined) return found;
  }
  return undefined;
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
