/** An object whose fields are known, as a struct is in Go: asking for any other is an error. */
export class Struct {
  /** @param typeName names it in errors
   * @param field looks a field up; undefined when the type has none of that name
   * @param source is what it prints as */
  constructor(
    readonly typeName: string,
    readonly field: (name: string) => { value: unknown } | undefined,
    readonly source: unknown = {},
  ) {}

  /** One with these fields. */
  static of(typeName: string, fields: Readonly<Record<string, unknown>>): Struct {
    return new Struct(typeName, (name) => Object.hasOwn(fields, name) ? { value: fields[name] } : undefined, fields);
  }
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Struct);
}

/** What `if` and `and` take for true: anything but false, 0, the empty text, list and map, and nothing. */
export function truth(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isMap(value)) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== false && value !== "" && value !== 0;
}

/** A value as a template prints it: lists as `[a b]`, maps as `map[k:v]` sorted by key, nothing as `<no value>`. */
export function print(value: unknown): string {
  if (value === undefined || value === null) return "<no value>";
  if (Array.isArray(value)) return `[${value.map(printInner).join(" ")}]`;
  if (value instanceof Struct) return JSON.stringify(value.source);
  if (isMap(value)) {
    return `map[${Object.keys(value).sort().map((key) => `${key}:${printInner(value[key])}`).join(" ")}]`;
  }
  return String(value);
}

function printInner(value: unknown): string {
  return value === undefined || value === null ? "<nil>" : print(value);
}

/** How errors call the type of a value. */
export function typeName(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (value instanceof Struct) return value.typeName;
  return Array.isArray(value) ? "a list" : isMap(value) ? "a map" : `a ${typeof value}`;
}
