/** Checks that the tree is what it says it is: imports point down, kinds don't know their registry, heavy packages load
 * when used, the store alone speaks to Deno KV, files stay short. Fails with `file:line: what is wrong`.
 *
 *   deno task layers
 *
 * The imports are those that Deno itself resolves (`deno info --json`), dynamic and type-only ones included. */
import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const STAGES = ["collect", "redact", "analyze", "leak_gate", "upload", "notify"];
const BELOW_STAGES = ["credentials", "crypt", "bundle", "kube", "oci", "core"];
const BELOW_DISCOVER = ["spec", ...STAGES, ...BELOW_STAGES];
const BELOW_PIPELINE = ["discover", "diff", "insight", "agents", "report", ...BELOW_DISCOVER];
const BELOW_DAEMON = ["pipeline", "schedule", "store", ...BELOW_PIPELINE];

/** What the files of each folder of `src/` may import from, beside their own folder. `main` is `main.ts`. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ["cli", "daemon", ...BELOW_DAEMON],
  cli: ["daemon", "lint", ...BELOW_DAEMON],
  daemon: BELOW_DAEMON,
  pipeline: BELOW_PIPELINE,
  discover: BELOW_DISCOVER,
  diff: ["notify", ...BELOW_STAGES],
  lint: ["spec", ...STAGES, ...BELOW_STAGES],
  agents: ["analyze", "redact", "core"],
  /** The checks that nobody has to ask for, run like analyzers. */
  insight: ["analyze", "schedule", ...BELOW_STAGES],
  spec: [...STAGES, ...BELOW_STAGES],
  ...Object.fromEntries(STAGES.map((stage) => [stage, BELOW_STAGES])),
  /** The page of a bundle. */
  report: ["analyze", ...BELOW_STAGES],
  store: ["schedule", "core"],
  schedule: ["core"],
  /** Where secrets come from. */
  credentials: ["kube", "core"],
  /** Encryption of bundles, and signatures. */
  crypt: ["core"],
  bundle: ["core"],
  kube: ["core"],
  oci: ["core"],
  core: [],
};

/** Packages that cost start-up time or memory: `await import(…)` at first use, or types alone. */
const HEAVY = [
  "@kubernetes/client-node",
  "age-encryption",
  "@noble/",
  "bcrypt-pbkdf",
  "@peculiar/",
  "@aws-sdk/",
  "@smithy/",
  "ioredis",
  "mysql2",
  "pg",
  "google-auth-library",
  "@azure/",
  "nodemailer",
  "ssh2",
  "tedious",
];

const MAX_LINES = 400;
/** Files that may be longer, each with the reason. */
const LONG_FILES: Readonly<Record<string, string>> = {
  "tests/contracts/job_store_contract.ts": "one suite for the one port, read as one table of behaviours",
};

export interface SourceFile {
  /** Relative to the project's folder, forward slashes. */
  path: string;
  text: string;
  imports: Import[];
}

export interface Import {
  specifier: string;
  /** Path of the project's file it means; undefined for packages. */
  target?: string;
  line: number;
  dynamic: boolean;
  typeOnly: boolean;
}

export interface Violation {
  path: string;
  line: number;
  message: string;
}

/** Everything that is wrong with these files, by path and line. */
export function findViolations(files: readonly SourceFile[]): Violation[] {
  return [...files.flatMap((file) => [...layerViolations(file), ...textViolations(file)]), ...cycles(files)]
    .sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line);
}

function layerViolations(file: SourceFile): Violation[] {
  const found: Violation[] = [];
  const own = layerOf(file.path);
  for (const { specifier, target, line, dynamic, typeOnly } of file.imports) {
    const report = (message: string) => found.push({ path: file.path, line, message });
    const heavy = HEAVY.find((name) => specifier.startsWith(name));
    if (own !== undefined && heavy !== undefined && !dynamic && !typeOnly) {
      report(`"${specifier}" is heavy: load it with await import(…) where it is first used`);
    }
    if (own === undefined || target === undefined) continue;
    const other = layerOf(target);
    if (other === undefined) {
      if (target !== "deno.json") report(`the program may not import ${target}`);
    } else if (other !== own && !(MAY_IMPORT[own] ?? []).includes(other)) {
      const stages = STAGES.includes(own) && STAGES.includes(other);
      report(`${own} may not import ${other} (${target})${stages ? ": stages hand each other bundle entries" : ""}`);
    }
    const kinds = /^(src\/\w+)\/(?:kinds|rules)\//.exec(file.path);
    if (kinds !== null && target === `${kinds[1]}/registry.ts`) report("a kind may not import its registry");
  }
  if (own !== undefined && MAY_IMPORT[own] === undefined) {
    found.push({ path: file.path, line: 1, message: `the folder ${own} has no layer: give it one in MAY_IMPORT` });
  }
  return found;
}

function textViolations(file: SourceFile): Violation[] {
  const found: Violation[] = [];
  const lines = file.text.split("\n");
  const count = file.text.endsWith("\n") ? lines.length - 1 : lines.length;
  if (count > MAX_LINES && LONG_FILES[file.path] === undefined) {
    found.push({ path: file.path, line: MAX_LINES + 1, message: `${count} lines: more than ${MAX_LINES}` });
  }
  const own = layerOf(file.path);
  if (own === undefined || own === "store") return found;
  lines.forEach((text, index) => {
    if (/^\s*(?:\*|\/\/|\/\*)/.test(text)) return;
    if (/\bDeno\.(?:openKv|Kv\b|KvKey|AtomicOperation)/.test(text)) {
      found.push({ path: file.path, line: index + 1, message: "only src/store speaks to Deno KV" });
    }
  });
  return found;
}

/** Cycles among imports that exist at run time. Each is reported once, at its first file by name. */
function cycles(files: readonly SourceFile[]): Violation[] {
  const found: Violation[] = [];
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const visit = (path: string, trail: string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      const loop = trail.slice(start);
      const first = [...loop].sort()[0]!;
      const at = loop.indexOf(first);
      const ring = [...loop.slice(at), ...loop.slice(0, at)];
      const line = byPath.get(first)!.imports.find((i) => i.target === (ring[1] ?? first))?.line ?? 1;
      found.push({ path: first, line, message: `imports form a cycle: ${[...ring, first].join(" → ")}` });
      return;
    }
    if (done.has(path)) return;
    for (const { target, typeOnly, dynamic } of byPath.get(path)?.imports ?? []) {
      if (target !== undefined && !typeOnly && !dynamic) visit(target, [...trail, path]);
    }
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return found;
}

/** `src/upload/kinds/s3.ts` → `upload`, `main.ts` → `main`; undefined for what is no part of the program. */
function layerOf(path: string): string | undefined {
  if (path === "main.ts") return "main";
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

/** Reads every file of the program, and of what is beside it, with its imports. */
export async function readSources(root: string): Promise<SourceFile[]> {
  const paths = (await Promise.all(["src", "scripts", "tests"].map((name) => typeScriptFiles(join(root, name)))))
    .flat();
  const main = join(root, "main.ts");
  if (await Deno.stat(main).then(() => true, () => false)) paths.push(main);
  const all = await Deno.makeTempFile({ suffix: ".ts" });
  let graph: ModuleGraph;
  try {
    await Deno.writeTextFile(
      all,
      paths.map((path) => `import ${JSON.stringify(pathToFileURL(path).href)};\n`).join(""),
    );
    graph = await moduleGraph(root, all);
  } finally {
    await Deno.remove(all);
  }
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const toPath = (url: string) => relative(root, fileURLToPath(url)).replaceAll(sep, "/");
  return await Promise.all(paths.map(async (path) => {
    const module = modules.get(pathToFileURL(path).href);
    if (module?.error !== undefined) throw new Error(`${relative(root, path)}: ${module.error}`);
    return {
      path: toPath(pathToFileURL(path).href),
      text: await Deno.readTextFile(path),
      imports: (module?.dependencies ?? []).map((dependency) => {
        const resolved = dependency.code ?? dependency.type;
        return {
          specifier: dependency.specifier,
          target: resolved?.specifier?.startsWith("file:") ? toPath(resolved.specifier) : undefined,
          line: (resolved?.span?.start.line ?? 0) + 1,
          dynamic: dependency.isDynamic ?? false,
          typeOnly: dependency.code === undefined,
        };
      }),
    };
  }));
}

interface ModuleGraph {
  modules: {
    specifier: string;
    error?: string;
    dependencies?: { specifier: string; code?: Resolved; type?: Resolved; isDynamic?: boolean }[];
  }[];
}

interface Resolved {
  specifier?: string;
  span?: { start: { line: number } };
}

async function moduleGraph(root: string, file: string): Promise<ModuleGraph> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-lock", "--config", join(root, "deno.json"), file],
    cwd: root,
  }).output();
  if (!success) throw new Error(`deno info failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function typeScriptFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) found.push(...await typeScriptFiles(path));
    else if (entry.name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

if (import.meta.main) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const files = await readSources(root);
  const violations = findViolations(files);
  for (const { path, line, message } of violations) console.error(`${path}:${line}: ${message}`);
  const imports = files.reduce((sum, file) => sum + file.imports.length, 0);
  console.error(`${files.length} files, ${imports} imports, ${violations.length} violations`);
  if (violations.length > 0) Deno.exit(1);
  if (imports === 0) throw new Error("no import was read: this check checks nothing");
}
