import { basename, dirname, normalize } from "node:path/posix";
import { type Entry, missing } from "../../../bundle/entry.ts";
import { describeError } from "../../../core/errors.ts";
import type { ExecEnd, ExecStream, ExecTarget, KubeClient } from "../../../kube/kube_client.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";
import { describeTarget } from "./pod_command.ts";
import type { TarCount } from "./tar_files.ts";

/** What `tar` is told to pack: one item of a folder. */
export interface PackedPath {
  folder: string;
  item: string;
}

/** Splits the path of a file or folder for tar; `/` is the item `.` of itself. */
export function packedPath(path: string): PackedPath {
  const clean = normalize(path).replace(/(.)\/$/, "$1");
  return clean === "/" ? { folder: "/", item: "." } : { folder: dirname(clean), item: basename(clean) };
}

export function tarCommand({ folder, item }: PackedPath): string[] {
  // A name that begins with a dash would be an option.
  const safe = (name: string) => name.startsWith("-") ? `./${name}` : name;
  return ["tar", "-C", safe(folder), "-cf", "-", safe(item)];
}

/** A container to copy from, and the command that packs what is wanted. */
export interface PackedTarget extends ExecTarget {
  source: string;
}

export function packedTarget(target: Omit<ExecTarget, "command">, path: PackedPath): PackedTarget {
  const command = tarCommand(path);
  return { ...target, command, source: `exec ${describeTarget(target)} ${command.join(" ")}` };
}

export type OpenedTar = { target: PackedTarget } & ({ stream: ExecStream } | { error: unknown });

/** Starts to pack. What cannot be started is a result; only an abort and a cluster that cannot be reached are thrown.
 * @param collector its signal, where `signal` may end earlier: that is a result, too */
export async function openTar(
  kube: KubeClient,
  target: PackedTarget,
  signal: AbortSignal,
  collector = signal,
): Promise<OpenedTar> {
  try {
    return { target, stream: await kube.execStream(target, { signal }) };
  } catch (error) {
    rethrowFatal(error, collector);
    return { target, error };
  }
}

export async function closeTar(opened: OpenedTar): Promise<void> {
  if ("stream" in opened && !opened.stream.stdout.locked) await opened.stream.stdout.cancel();
}

/** How a copy ended. */
export interface TarEnd {
  /** For the file that tells of errors. */
  error?: string;
  stderr: string;
}

/** Passes on what `unpack` makes of an archive, and what the end of the command says about it.
 * @param whole path of what is missing when it failed
 * @param signal of the collector: what breaks off with it is thrown */
export async function* followTar(
  opened: OpenedTar,
  { whole, signal }: { whole: string; signal: AbortSignal },
  unpack: (tar: ReadableStream<Uint8Array>) => AsyncGenerator<Entry, TarCount>,
): AsyncGenerator<Entry, TarEnd> {
  if ("error" in opened) {
    yield missing(whole, missingReason(opened.error), describeError(opened.error));
    return { error: describeError(opened.error), stderr: "" };
  }
  const { stdout, ended } = opened.stream;
  let broken: unknown;
  let count: TarCount | undefined;
  try {
    count = yield* unpack(stdout);
  } catch (error) {
    signal.throwIfAborted();
    broken = error;
  }
  let end: ExecEnd;
  try {
    end = await ended;
  } catch (error) {
    signal.throwIfAborted();
    yield missing(whole, missingReason(error), describeError(error));
    return { error: describeError(error), stderr: "" };
  }
  const stderr = new TextDecoder().decode(end.stderr);
  if (end.failure !== undefined) {
    const { message } = end.failure;
    if (!isHarmless(end.failure, stderr)) yield missing(whole, "failed", firstLine(stderr) ?? message);
    return { error: message, stderr };
  }
  if (broken !== undefined) {
    yield missing(whole, "failed", `The archive cannot be read: ${describeError(broken)}`);
    return { error: describeError(broken), stderr };
  }
  if (count !== undefined && count.files === 0 && !count.cut) {
    yield missing(whole, "empty", `There are no regular files, and ${count.others} folders, links or special files`);
  }
  return { stderr };
}

/** tar ends with 1 when a file changed under its hands, as logs do: the archive is whole all the same. */
function isHarmless({ exitCode }: { exitCode?: number }, stderr: string): boolean {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return exitCode === 1 && lines.length > 0 &&
    lines.every((line) => /file changed as we read it|removed before we read it|socket ignored/i.test(line));
}

function firstLine(text: string): string | undefined {
  return text.split("\n").map((line) => line.trim()).find((line) => line !== "")?.slice(0, 500);
}
