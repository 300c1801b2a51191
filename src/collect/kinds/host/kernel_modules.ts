import { readdir, readFile } from "node:fs/promises";
import os from "node:os";
import { basename, join } from "node:path";
import { type Entry, jsonEntry, textEntry } from "../../../bundle/entry.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import { defineCollector } from "../../collector.ts";
import { notSupported } from "./not_supported.ts";

export interface KernelModule {
  /** In memory; 0 for what is built in or not loaded. */
  size: number;
  /** Users of the module. */
  instances: number;
  status: "unknown" | "loaded" | "loadable" | "loading" | "unloading";
}

const PATH = "host-collectors/system/kernel_modules";

export const kernelModules = defineCollector({
  kind: "kernelModules",
  where: "host",
  summary: "Modules of the kernel: loaded, built in, or loadable from their files",
  title: ({ collectorName }) => collectorName || "Kernel Modules",
  fields: () => ({}),
  async *collect(_config, { signal }) {
    if (Deno.build.os !== "linux") throw notSupported("The kernel's modules", "Linux");
    yield* kernelModuleFiles("/", os.release(), signal);
  },
});

/** @param root `/`, or another folder in tests
 * @param release of the running kernel, as `uname -r` tells it */
export async function* kernelModuleFiles(root: string, release: string, signal: AbortSignal): AsyncGenerator<Entry> {
  const problems: string[] = [];
  const folder = await moduleFolder(root, release);
  const files = folder === undefined ? [] : await moduleFiles(folder, problems, signal);
  const builtin = folder === undefined ? "" : await readFile(join(folder, "modules.builtin"), "utf8").catch(() => "");
  let loaded: string;
  try {
    loaded = await readFile(join(root, "proc/modules"), "utf8");
  } catch (cause) {
    const hint = "A kernel that is built without loadable modules has no such file: exclude the collector then";
    throw new SupportBundleError("Cannot read the kernel's modules", { code: "HOST_FILE", hint, cause });
  }
  const modules = mergeModules({ files, loaded: parseProcModules(loaded), builtin: builtin.split("\n") });
  yield jsonEntry(`${PATH}.json`, modules, { indent: 0, source: "/proc/modules, /lib/modules" });
  if (problems.length > 0) yield textEntry(`${PATH}-stderr.txt`, problems.join("\n") + "\n", folder);
}

async function moduleFolder(root: string, release: string): Promise<string | undefined> {
  for (const parent of ["lib/modules", "usr/lib/modules"]) {
    const folder = join(root, parent, release);
    if (await readdir(folder).then(() => true, () => false)) return folder;
  }
}

/** Every file below a folder that is named as a module; links are not followed. */
async function moduleFiles(folder: string, problems: string[], signal: AbortSignal): Promise<string[]> {
  const found: string[] = [];
  const folders = [folder];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    signal.throwIfAborted();
    try {
      for (const entry of await readdir(at, { withFileTypes: true })) {
        if (entry.isDirectory()) folders.push(join(at, entry.name));
        else if (moduleName(entry.name) !== undefined) found.push(entry.name);
      }
    } catch (error) {
      problems.push(`${at}: ${describeError(error)}`);
    }
  }
  return found.sort();
}

/** `ext4` of `kernel/fs/ext4/ext4.ko.xz`; undefined for other files. */
export function moduleName(path: string): string | undefined {
  return /^(.+)\.ko(?:\.(?:gz|xz|zst|bz2|lzma))?$/.exec(basename(path.trim()))?.[1];
}

/** Reads `/proc/modules`: `name size instances users state address`. */
export function parseProcModules(text: string): Map<string, KernelModule> {
  const states: Record<string, KernelModule["status"]> = { Live: "loaded", Loading: "loading", Unloading: "unloading" };
  const modules = new Map<string, KernelModule>();
  for (const line of text.split("\n")) {
    const [name, size, instances, , state] = line.trim().split(/\s+/);
    if (!name || state === undefined) continue;
    modules.set(name, {
      size: Number(size) || 0,
      instances: Number(instances) || 0,
      status: states[state] ?? "unknown",
    });
  }
  return modules;
}

/** What is loaded comes before what is built in or loadable. A file may have `-` where the kernel has `_`: then both names
 * are there, so that readers find the module by either. */
export function mergeModules(
  { files, loaded, builtin }: {
    files: readonly string[];
    loaded: ReadonlyMap<string, KernelModule>;
    builtin: readonly string[];
  },
): Record<string, KernelModule> {
  const modules = new Map<string, KernelModule>();
  const add = (line: string, module: KernelModule) => {
    const name = moduleName(line);
    if (name === undefined) return;
    const kernelName = name.replaceAll("-", "_");
    for (const each of new Set([name, kernelName])) {
      if (!modules.has(each)) modules.set(each, loaded.get(kernelName) ?? module);
    }
  };
  for (const file of files) add(file, { size: 0, instances: 0, status: "loadable" });
  for (const [name, module] of loaded) modules.set(name, module);
  for (const line of builtin) add(line, { size: 0, instances: 0, status: "loaded" });
  return Object.fromEntries(modules);
}
