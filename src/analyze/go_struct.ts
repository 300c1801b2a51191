import { isMap, Struct } from "./template/values.ts";

/** The fields of Go's types, by their JSON names. `name:Type` is one of the types, `name:[]Type` a list of them,
 * `name:?Type` a pointer, which may be nothing; any other name is plain data. A field that JSON lacks has its zero
 * value: the empty text, or what stands after `#`. `name|Other` goes by a second name too. Names that are not here do
 * not exist. */
export type GoTypes = Readonly<Record<string, string>>;

const METADATA: GoTypes = {
  ObjectMeta: "name generateName namespace selfLink uid resourceVersion generation#0 creationTimestamp " +
    "deletionTimestamp deletionGracePeriodSeconds labels#map annotations#map ownerReferences:[]OwnerReference " +
    "finalizers#list managedFields#list",
  OwnerReference: "apiVersion kind name uid controller#false blockOwnerDeletion#false",
};
const ZEROS: Record<string, unknown> = { "0": 0, false: false, list: [], map: {} };

interface Field {
  json: string;
  type?: string;
  form: "plain" | "struct" | "pointer" | "list";
  zero: unknown;
}

const tables = new WeakMap<GoTypes, Map<string, Map<string, Field>>>();

/** The data of templates about a Kubernetes object: Go's field names (`.Status.PodIP`). An object with metadata has it
 * at the top, too (`.Namespace`). A field that the type does not have is an error when it is asked for. */
export function goStruct(types: GoTypes, type: string, source: Record<string, unknown>): Struct {
  const fields = fieldTable(types, type);
  const promotes = fields.get("Metadata")?.type === "ObjectMeta";
  return new Struct(type, (name) => {
    const field = promotes && name === "Metadata" ? undefined : fields.get(name);
    if (field !== undefined) return { value: valueOf(types, field, source[field.json]) };
    if (!promotes) return undefined;
    const metadata = goStruct(METADATA, "ObjectMeta", isMap(source.metadata) ? source.metadata : {});
    return name === "ObjectMeta" ? { value: metadata } : metadata.field(name);
  }, source);
}

function valueOf(types: GoTypes, { type, form, zero }: Field, value: unknown): unknown {
  if (form === "plain") return value ?? zero;
  const struct = (source: Record<string, unknown>) => goStruct(types, type!, source);
  if (form === "list") return Array.isArray(value) ? value.filter(isMap).map(struct) : [];
  if (isMap(value)) return struct(value);
  return form === "pointer" ? undefined : struct({});
}

function fieldTable(types: GoTypes, type: string): Map<string, Field> {
  let known = tables.get(types);
  if (known === undefined) tables.set(types, known = new Map());
  let table = known.get(type);
  if (table === undefined) known.set(type, table = new Map(types[type]!.split(" ").flatMap(readField)));
  return table;
}

function readField(text: string): [string, Field][] {
  const [, json, other, zero, prefix, type] = /^(\w+)(?:\|(\w+))?(?:#(\w+))?(?::(\[\]|\?)?(\w+))?$/.exec(text)!;
  const form = type === undefined ? "plain" : prefix === "[]" ? "list" : prefix === "?" ? "pointer" : "struct";
  const field: Field = { json: json!, type, form, zero: zero === undefined ? "" : ZEROS[zero] };
  return [goName(json!), ...(other === undefined ? [] : [other])].map((name) => [name, field]);
}

/** `podIP` → `PodIP`, `uid` → `UID`, `qosClass` → `QOSClass`. */
function goName(json: string): string {
  const initialism = /^(?:uid|qos|api|dns|ip|id|os|tty)(?![a-z])/.exec(json)?.[0];
  if (initialism !== undefined) return initialism.toUpperCase() + json.slice(initialism.length);
  return json[0]!.toUpperCase() + json.slice(1);
}
