import { basename, join } from "node:path";
import { ACTIVE_STATUSES, type Execution } from "../schedule/execution.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import type { JobStore } from "../store/job_store.ts";
import { type BundleNames, namedFiles } from "./bundle_files.ts";
import { folderBytes } from "./disk_space.ts";

/** What is so young may be of something that is about to be recorded. */
const FRESH_MS = 3_600_000;

/** A file or folder of the state folder that nothing needs. */
export interface Orphan {
  /** `unknown`: a whole bundle, or what belongs to one, that no execution names. */
  what: "work" | "part" | "unknown" | "tokens";
  path: string;
  /** For people. */
  why: string;
  bytes: number;
}

/** Names that an execution gives to its files; what has another name is not looked at. */
const OF_EXECUTION = /^\.{0,2}(?<id>[\w-]+-\d{8}T\d{6}(?:_\d{3})?Z)\.(?<rest>.+)$/;
const CUT_OFF = /\.(part|unchecked)$/;

/** Decides about a file in the folder of bundles.
 * @param execution the one that its name tells of; undefined: there is none
 * @returns undefined when it is to stay */
export function judgeBundleFile(
  name: string,
  execution: (Pick<Execution, "status" | "upload"> & BundleNames) | undefined,
): Pick<Orphan, "what" | "why"> | undefined {
  if (execution !== undefined && ACTIVE_STATUSES.includes(execution.status)) return undefined;
  if (name.startsWith(".")) {
    // How far its upload has come.
    return execution?.upload.state === "waiting" ? undefined : { what: "part", why: "nobody goes on with its upload" };
  }
  if (CUT_OFF.test(name)) return { what: "part", why: "an attempt was cut off while it wrote it" };
  if (execution === undefined) return { what: "unknown", why: "there is no such execution" };
  // By name: a state folder may have been moved, and a job renamed.
  if (namedFiles(execution).some((path) => basename(path) === name)) return undefined;
  return { what: "unknown", why: "its execution does not name it" };
}

/** Looks for what crashes and deleted records leave behind. Nothing that is of an active execution, and nothing that was
 * changed within the last hour. */
export async function* findOrphans(store: JobStore, state: StateFolder, now: Date): AsyncGenerator<Orphan> {
  yield* orphanedWork(store, state, now);
  for (const folder of await folders(state.bundles)) yield* orphanedFiles(folder, store, now);
  yield* orphanedTokens(store, state, now);
}

async function* orphanedWork(store: JobStore, state: StateFolder, now: Date): AsyncGenerator<Orphan> {
  for (const entry of await entries(state.work)) {
    const path = join(state.work, entry.name);
    const execution = await store.getExecution(entry.name);
    if (execution !== undefined && ACTIVE_STATUSES.includes(execution.status)) continue;
    if (await oldBytes(path, now) === undefined) continue;
    yield { what: "work", path, why: "no attempt works in it", bytes: await folderBytes(path) };
  }
}

async function* orphanedFiles(folder: string, store: JobStore, now: Date): AsyncGenerator<Orphan> {
  for (const { name, isFile } of await entries(folder)) {
    const id = OF_EXECUTION.exec(name)?.groups?.id;
    if (!isFile || id === undefined) continue;
    const path = join(folder, name);
    const bytes = await oldBytes(path, now);
    if (bytes === undefined) continue;
    const verdict = judgeBundleFile(name, await store.getExecution(id));
    if (verdict !== undefined) yield { ...verdict, path, bytes };
  }
}

async function* orphanedTokens(store: JobStore, state: StateFolder, now: Date): AsyncGenerator<Orphan> {
  for (const { name, isFile } of await entries(state.tokens)) {
    const jobId = /^(.+?)\.(key|types\.json)/.exec(name)?.[1];
    if (!isFile || jobId === undefined) continue;
    const path = join(state.tokens, name);
    const bytes = await oldBytes(path, now);
    if (bytes === undefined || await store.getJob(jobId) !== undefined) continue;
    yield { what: "tokens", path, why: "its job is gone", bytes };
  }
}

/** A folder, and those that are right in it. */
async function folders(root: string): Promise<string[]> {
  return [root, ...(await entries(root)).filter((it) => it.isDirectory).map((it) => join(root, it.name))];
}

async function entries(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** @returns undefined when it was changed lately, or is gone */
async function oldBytes(path: string, now: Date): Promise<number | undefined> {
  const info = await Deno.lstat(path).catch(() => undefined);
  const changedAt = info?.mtime?.getTime() ?? now.getTime();
  return info !== undefined && now.getTime() - changedAt > FRESH_MS ? info.size : undefined;
}
