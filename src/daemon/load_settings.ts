import { describeError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import {
  ACCESS_KEYS,
  NOT_YET_EFFECTIVE_STORAGE,
  NOTIFIER_KEYS,
  SETTING_KEYS,
  type Settings,
  SettingsError,
  settingsSchema,
  STORAGE_KEYS,
} from "./settings.ts";

export interface LoadedSettings {
  settings: Settings;
  /** The file they come from; undefined when there is none. */
  source?: string;
  /** What was accepted and has no effect, one sentence each. */
  warnings: string[];
}

/** Whose values may be secrets that somebody put in the wrong place. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  "listenToken",
  "defaultUploadConfig",
  ...["endpoint", "credentials", "fallback.endpoint", "fallback.credentials"].map((key) =>
    `defaultUploadConfig.${key}`
  ),
]);
const STORAGE_OVERRIDES = ["url", "backupEnabled", "backupInterval"].map((key) => `storageConfig.${key}`);

const SYSTEM_FILE = "/etc/troubleshoot/scheduler.yaml";

/** Reads the settings: the first of `file`, `<state>/config.yaml` and `/etc/troubleshoot/scheduler.yaml` that exists,
 * overridden by `TROUBLESHOOT_<UPPER_SNAKE>` variables. For who may do what (`ACCESS_KEYS`) it is the other way round: the
 * machine's file comes first, then the state folder's, so that nobody loosens them with a file or a variable of his own.
 * @param file of `--config`: must exist
 * @throws {SettingsError} with file and line */
export async function loadSettings(
  state: StateFolder,
  env: Readonly<Record<string, string | undefined>>,
  file?: string,
  systemFile = SYSTEM_FILE,
): Promise<LoadedSettings> {
  const outranking = [await readIfThere(systemFile), await readIfThere(state.configFile)];
  const first = file === undefined ? outranking.findLast((one) => one !== undefined) : await readGiven(file);
  const { text, path } = first ?? { text: "", path: SYSTEM_FILE };
  return { ...await parseSettings(text, path, env, outranking), ...first && { source: path } };
}

interface SettingsFile {
  path: string;
  text: string;
}

async function readIfThere(path: string): Promise<SettingsFile | undefined> {
  try {
    return { path, text: await Deno.readTextFile(path) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw unreadable(path, "Correct its permissions, or remove it", error);
  }
}

async function readGiven(path: string): Promise<SettingsFile> {
  const file = await readIfThere(path);
  if (file === undefined) {
    throw unreadable(path, "Correct the path given to --config", new Deno.errors.NotFound("no such file"));
  }
  return file;
}

function unreadable(path: string, hint: string, cause: unknown): SettingsError {
  return new SettingsError(`Cannot read the settings file ${path}: ${describeError(cause)}`, hint, { cause });
}

/** As {@linkcode loadSettings}, for the text of a file.
 * @param outranking files whose access keys count more than those of `text` and `env`, the highest first */
export async function parseSettings(
  text: string,
  path: string,
  env: Readonly<Record<string, string | undefined>> = {},
  outranking: readonly (SettingsFile | undefined)[] = [],
): Promise<Omit<LoadedSettings, "source">> {
  const { values, lineOf, warnings } = await readWritten(text, path);
  const fromEnv = overrides(env);
  for (const [key, { value }] of fromEnv) {
    const [outer, inner] = key.split(".");
    if (inner !== undefined) values[outer!] = { ...values[outer!] as object, [inner]: value };
    else values[key] = value;
  }
  const fileOf = await applyOutranking(values, lineOf, fromEnv, warnings, outranking);

  const result = settingsSchema.safeParse(values);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const key = issue.path.join(".");
    const override = fromEnv.get(key);
    const where = override !== undefined
      ? override.name
      : `${fileOf.get(key) ?? path}:${lineOfPath(lineOf, issue.path)}`;
    const shown = override?.value ?? valueAt(values, issue.path);
    const value = SECRET_KEYS.has(key) || issue.path[0] === "notifiers"
      ? ""
      : typeof shown === "string" || typeof shown === "number"
      ? ` "${shown}"`
      : "";
    throw new SettingsError(`${where}: \`${key}\`${value}: ${issue.message}`, "Correct the value");
  }
  if (result.data.storageBackend === "kv-connect" && result.data.storageConfig.url === undefined) {
    throw new SettingsError(
      `${path}:${lineOf.get("storageBackend") ?? 1}: \`storageBackend: kv-connect\` has no server`,
      "Set storageConfig.url, and DENO_KV_ACCESS_TOKEN in the daemon's environment",
    );
  }
  if (result.data.storageBackend === "kv-connect" && result.data.storageConfig.backupEnabled) {
    warnings.push("`storageConfig.backupEnabled` has no effect on a KV server: back it up by its own means");
  }
  return { settings: result.data, warnings };
}

interface Written {
  values: Record<string, unknown>;
  lineOf: Map<string, number>;
  warnings: string[];
}

/** Puts the access keys of the highest file that has one of a group in the place of what others say of that group.
 * @returns the files that such keys come from */
async function applyOutranking(
  values: Record<string, unknown>,
  lineOf: Map<string, number>,
  fromEnv: Map<string, { name: string; value: string }>,
  warnings: string[],
  files: readonly (SettingsFile | undefined)[],
): Promise<Map<string, string>> {
  const fileOf = new Map<string, string>();
  const read = await Promise.all(
    files.filter((file) => file !== undefined).map(async ({ text, path }) => ({
      path,
      ...await readWritten(text, path),
    })),
  );
  for (const group of ACCESS_KEYS) {
    const highest = read.find((file) => group.some((key) => key in file.values));
    if (highest === undefined) continue;
    for (const key of group) {
      const override = fromEnv.get(key);
      if (override !== undefined) {
        warnings.push(`${override.name} counts for nothing: ${highest.path} says who may do what`);
      }
      fromEnv.delete(key);
      delete values[key];
      if (!(key in highest.values)) continue;
      values[key] = highest.values[key];
      fileOf.set(key, highest.path);
      lineOf.set(key, highest.lineOf.get(key) ?? 1);
    }
  }
  return fileOf;
}

/** Most machines have no settings file: then the YAML reader need not be loaded. */
async function readWritten(text: string, path: string): Promise<Written> {
  return text === "" ? nothingWritten() : await readYaml(text, path);
}

const nothingWritten = (): Written => ({ values: {}, lineOf: new Map(), warnings: [] });

async function readYaml(text: string, path: string): Promise<Written> {
  const { isMap, isScalar, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const fault = document.errors[0];
  if (fault !== undefined) {
    throw new SettingsError(
      `${path}:${lines.linePos(fault.pos[0]).line}: ${fault.message.split("\n")[0]}`,
      "Correct the YAML",
      { cause: fault },
    );
  }
  const root = document.contents;
  if (root !== null && !isMap(root) && !(isScalar(root) && root.value === null)) {
    throw new SettingsError(`${path}: the settings are not a map of keys and values`, "Write `key: value` lines");
  }

  const lineOf = new Map<string, number>();
  const warnings: string[] = [];
  /** @param known undefined: any key */
  const walk = (map: unknown, prefix: string, known: readonly string[] | undefined, idle: readonly string[]) => {
    if (!isMap(map)) return;
    for (const { key, value } of map.items) {
      const name = String(isScalar(key) ? key.value : key);
      const line = isScalar(key) && key.range ? lines.linePos(key.range[0]).line : 1;
      lineOf.set(prefix + name, line);
      if (known !== undefined && !known.includes(name)) throw unknownKey(`${path}:${line}`, prefix, name, known);
      if (idle.includes(name)) {
        warnings.push(`${path}:${line}: \`${prefix}${name}\` is accepted, and has no effect yet`);
      }
      if (prefix + name === "storageConfig") walk(value, "storageConfig.", STORAGE_KEYS, NOT_YET_EFFECTIVE_STORAGE);
      if (prefix + name === "notifiers") walk(value, "notifiers.", undefined, []);
      if (prefix === "notifiers.") walk(value, `notifiers.${name}.`, NOTIFIER_KEYS, []);
    }
  };
  walk(root, "", SETTING_KEYS, []);

  // A key without a value says nothing.
  const values: Record<string, unknown> = Object.fromEntries(
    Object.entries((document.toJS() ?? {}) as Record<string, unknown>).filter(([, value]) => value !== null),
  );
  return { values, lineOf, warnings };
}

/** The line of the innermost key that has one. */
function lineOfPath(lineOf: ReadonlyMap<string, number>, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const line = lineOf.get(path.slice(0, length).join("."));
    if (line !== undefined) return line;
  }
  return 1;
}

function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], values);
}

function unknownKey(where: string, prefix: string, name: string, known: readonly string[]): SettingsError {
  const guess = nearest(name, known);
  return new SettingsError(
    `${where}: unknown setting \`${prefix}${name}\``,
    guess === undefined ? `Known settings: ${known.join(", ")}` : `Did you mean \`${prefix}${guess}\`?`,
  );
}

function overrides(env: Readonly<Record<string, string | undefined>>): Map<string, { name: string; value: string }> {
  const found = new Map<string, { name: string; value: string }>();
  for (const key of [...SETTING_KEYS, ...STORAGE_OVERRIDES]) {
    const name = "TROUBLESHOOT_" +
      key.replace(".", "_").replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();
    const value = env[name];
    if (value !== undefined && value !== "") found.set(key, { name, value });
  }
  return found;
}
