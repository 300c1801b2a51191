/** Makes `dist/support-bundle`, one file that needs nothing installed: bundle the sources with their packages, then
 * compile the bundle. Compiling the packages themselves would embed 60 MB of files and more than double the memory.
 *
 *   deno task build                                         dist/support-bundle
 *   deno task build --target aarch64-apple-darwin           dist/aarch64-apple-darwin/support-bundle
 *
 * Nothing happens when nothing changed. `DENORT_BIN` may name a denort of Deno's own version; unset, Deno downloads it. */
import { stop, transform } from "esbuild";
import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-pc-windows-msvc",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
];

// CommonJS packages in the bundle call `require("node:…")`, which a module does not have.
const CHUNK_HEAD = 'import{createRequire as __createRequire}from"node:module";' +
  "const require=__createRequire(import.meta.url);\n";

/** How the bundler ends such a chunk; a module's own default export is spelled `export { x as default }`. */
const COMMON_JS_CHUNK = /\bexport default [\w$]+\(\);?\s*(?:\/\/[^\n]*\s*)?$/;

export interface BuildOptions {
  /** One of Deno's target triples; default: this machine's. */
  target?: string;
  /** Folder of `main.ts`, `deno.json` and `dist/`. */
  root?: string;
  /** Is told what is being done, a line at a time. */
  log?(line: string): void;
}

/** The binary cannot be made on this machine, whatever the sources say: the runtime that it starts from is not to be had. */
export class RuntimeUnavailableError extends Error {
  override readonly name = "RuntimeUnavailableError";
}

/** Makes the binary, unless the one that is there was made from the same sources by the same Deno. May be called by
 * several processes at once: one builds, the others wait and find it done.
 * @returns its absolute path
 * @throws {RuntimeUnavailableError} when there is no denort */
export async function buildBinary(options: BuildOptions = {}): Promise<string> {
  const root = resolve(options.root ?? ROOT);
  const target = options.target ?? Deno.build.target;
  if (!TARGETS.includes(target)) {
    throw new Error(`There is no target "${target}". The targets are: ${TARGETS.join(", ")}`);
  }
  const dist = join(root, "dist");
  const outFolder = options.target === undefined ? dist : join(dist, target);
  const name = target.includes("windows") ? "support-bundle.exe" : "support-bundle";
  const binary = join(outFolder, name);
  const stampFile = join(outFolder, ".stamp");
  await Deno.mkdir(outFolder, { recursive: true });

  const lock = await Deno.open(join(dist, ".lock"), { create: true, write: true });
  try {
    await lock.lock(true);
    const denort = await findDenort(target, options.log);
    const stamp = await hashInputs(root, target, denort);
    if (await exists(binary) && await readIfThere(stampFile) === stamp) return binary;
    const work = await Deno.makeTempDir({ dir: dist, prefix: ".build-" });
    try {
      options.log?.("Bundling main.ts and its packages …");
      const chunks = join(work, "chunks");
      await bundle(root, chunks);
      options.log?.(`Compiling for ${target} …`);
      const fresh = join(work, name);
      await compile(chunks, fresh, target, denort);
      await Deno.rename(fresh, binary);
      await Deno.writeTextFile(stampFile, stamp);
    } finally {
      await Deno.remove(work, { recursive: true });
    }
    return binary;
  } finally {
    lock.close();
  }
}

/** `DENORT_BIN`, when it is a denort of this version for this target; else undefined, and Deno downloads one. */
async function findDenort(target: string, log?: (line: string) => void): Promise<string | undefined> {
  const path = Deno.env.get("DENORT_BIN");
  if (!path) return undefined;
  const bytes = Buffer.from(
    await Deno.readFile(path).catch((cause) => {
      throw new RuntimeUnavailableError(`DENORT_BIN names "${path}", which cannot be read`, { cause });
    }),
  );
  if (executableTarget(bytes) !== target) {
    log?.(`DENORT_BIN is not for ${target}: leaving it aside, Deno will download one`);
    return undefined;
  }
  const version = Deno.version.deno;
  if (!bytes.includes(`Deno/${version}`)) {
    throw new RuntimeUnavailableError(
      `DENORT_BIN names "${path}", which is not of version ${version}: the versions of deno and denort must be equal`,
    );
  }
  return path;
}

/** The target triple that an executable's first bytes tell of. */
export function executableTarget(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 64) return undefined;
  if (view.getUint32(0) === 0x7f454c46) {
    const machine = view.getUint16(18, true);
    return machine === 62 ? "x86_64-unknown-linux-gnu" : machine === 183 ? "aarch64-unknown-linux-gnu" : undefined;
  }
  if (view.getUint32(0, true) === 0xfeedfacf) {
    const cpu = view.getUint32(4, true);
    return cpu === 0x01000007 ? "x86_64-apple-darwin" : cpu === 0x0100000c ? "aarch64-apple-darwin" : undefined;
  }
  return view.getUint16(0) === 0x4d5a ? "x86_64-pc-windows-msvc" : undefined;
}

async function bundle(root: string, outdir: string): Promise<void> {
  // Workers are loaded by URL, which the bundler does not follow: each is an entry point, at the path it has here.
  const workers = (await sourceFiles(join(root, "src"))).filter((path) => path.endsWith("_worker.ts"));
  await deno(root, [
    "bundle",
    "--quiet",
    "--code-splitting",
    "--platform=deno",
    // Native code that `ssh2` can do without, and does where it is missing.
    "--external=*/sshcrypto.node",
    "--external=cpu-features",
    `--outdir=${outdir}`,
    "main.ts",
    ...workers.map((path) => relative(root, path)),
  ]);
  const chunks = new Map<string, string>();
  for (const path of await sourceFiles(outdir)) chunks.set(path, await Deno.readTextFile(path));
  const commonJs = [...chunks].filter(([, text]) => COMMON_JS_CHUNK.test(text)).map(([path]) => basename(path));
  try {
    for (const [path, text] of chunks) {
      await Deno.writeTextFile(path, withChunkHead(await shorten(withNamedExports(text, commonJs))));
    }
  } finally {
    await stop();
  }
}

/** Gives a chunk what CommonJS packages expect to be there. Names that a chunk declares itself were shortened before. */
function withChunkHead(text: string): string {
  // Of WebAssembly that is in the text and looked for nowhere else.
  return CHUNK_HEAD + (/\b__dirname\b/.test(text) ? 'const __dirname="/";\n' : "") + text;
}

/** Shorter names and no white space, and nothing else: where esbuild (also as `deno bundle --minify`) rewrites syntax, it
 * moves the value of a `using` variable that is read once to that place, and what it holds stays open. */
export async function shorten(text: string): Promise<string> {
  const { code } = await transform(text, {
    minifyWhitespace: true,
    minifyIdentifiers: true,
    format: "esm",
    target: "esnext",
    charset: "utf8",
    legalComments: "none",
  });
  return code;
}

/** A chunk that is a CommonJS package has a default export alone, so `const { parse } = await import("yaml")` would find
 * nothing. Gives each dynamic import of one of these chunks the names that it has without the bundler.
 * @param commonJs names of these chunks */
export function withNamedExports(text: string, commonJs: readonly string[]): string {
  return text.replace(
    /\bimport\("\.\/([^"\/]+)"\)/g,
    (call, name: string) => commonJs.includes(name) ? `${call}.then(m=>({...m.default,default:m.default}))` : call,
  );
}

async function compile(chunks: string, output: string, target: string, denort: string | undefined): Promise<void> {
  await deno(
    chunks,
    [
      "compile",
      "--quiet",
      "--no-check",
      "--no-config",
      "--no-lock",
      // Deno would keep compiled code in a file of a known name in the shared temporary folder, and run what it finds there.
      "--no-code-cache",
      "--unstable-kv",
      "--unstable-net",
      // V8 lets the young generation grow to 48 MB before it looks for garbage, from less than 1 MB on; 12 MB throughout cost
      // no time that could be measured.
      // And it frees buffers late: see src/core/free_garbage.ts.
      "--v8-flags=--min-semi-space-size=4,--max-semi-space-size=4,--expose-gc",
      "--allow-all",
      `--target=${target}`,
      `--include=${chunks}`,
      `--output=${output}`,
      join(chunks, "main.js"),
    ],
    { DENORT_BIN: denort ?? "" },
  ).catch((error: Error) => {
    if (!/denort|Setting up base binary/i.test(error.message)) throw error;
    throw new RuntimeUnavailableError(
      `The runtime for ${target} could not be had. Deno downloads it at the first build for a target; without a network, ` +
        `set DENORT_BIN to a denort ${Deno.version.deno} for ${target}.\n${error.message}`,
    );
  });
}

/** Runs this Deno, quietly unless it fails. An empty variable is unset. */
async function deno(cwd: string, args: string[], env: Record<string, string> = {}): Promise<void> {
  const all = { ...Deno.env.toObject(), NO_COLOR: "1", ...env };
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== "")),
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const text = new TextDecoder().decode(stderr).split("\nStack backtrace:")[0]!.trim();
  throw new Error(`deno ${args[0]} failed:\n${text}`);
}

/** Of everything that the binary is made from. */
async function hashInputs(root: string, target: string, denort: string | undefined): Promise<string> {
  const hash = createHash("sha256").update(`${Deno.version.deno}\n${target}\n`);
  if (denort !== undefined) {
    const info = await Deno.stat(denort);
    hash.update(`${denort}\n${info.size}\n${info.mtime?.getTime()}\n`);
  }
  const files = [
    fileURLToPath(import.meta.url),
    ...["main.ts", "deno.json", "deno.lock"].map((name) => join(root, name)),
    ...await sourceFiles(join(root, "src")),
  ];
  for (const path of files) {
    hash.update(`\0${relative(root, path)}\0`).update(await Deno.readFile(path));
  }
  return hash.digest("hex");
}

/** All files below a folder, sorted, so that hashes don't depend on the file system. */
async function sourceFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) found.push(...await sourceFiles(path));
    else if (entry.isFile) found.push(path);
  }
  return found.sort();
}

async function readIfThere(path: string): Promise<string | undefined> {
  return await Deno.readTextFile(path).catch(() => undefined);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, () => false);
}

if (import.meta.main) {
  const { parseArgs } = await import("node:util");
  try {
    const { values } = parseArgs({ args: Deno.args, options: { target: { type: "string" } } });
    const binary = await buildBinary({ target: values.target, log: (line) => console.error(line) });
    console.log(relative(Deno.cwd(), binary) || binary);
    console.error(`${((await Deno.stat(binary)).size / 1e6).toFixed(0)} MB in ${dirname(binary)}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
