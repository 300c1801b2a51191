import { isAbsolute, resolve } from "node:path";
import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import type { KubeClient } from "../kube/kube_client.ts";
import { fetchSpec } from "./fetch_spec.ts";
import { readObject, type SpecText } from "./read_object.ts";
import { SpecError } from "./spec_error.ts";
import { parseSpecSource, shownSource, shownUrl } from "./spec_source.ts";

/** What a source of specs may be read with. */
export interface SourceContext {
  cwd: string;
  /** Text of standard input, for the source `-`. */
  stdin?: () => Promise<string>;
  /** For `secret/…`, `configmap/…` and the search of the cluster. It is not touched before one of them is read. */
  kube?: KubeClient;
  /** For the variables that name proxies. */
  env?: Readonly<Record<string, string>>;
  clock?: Clock;
  signal?: AbortSignal;
  /** Does not verify the certificates of servers that specs are downloaded from. */
  insecure?: boolean;
  /** Words that a mistyped source may have meant: the commands. */
  commands?: readonly string[];
}

const MAX_BYTES = 16 * 1024 * 1024;
const FETCH_DEADLINE_MS = 30_000;

/** Reads a source as a positional argument names it: a file, `-`, an http(s) or oci URL, a Secret or ConfigMap of
 * the cluster.
 * @param text
 * @param download how a download differs from that of an argument
 * @returns one text, but for Secrets and ConfigMaps that hold several
 * @throws {SpecError} when it cannot be read, an HTTP status other than 200 included */
export async function readSource(
  text: string,
  context: SourceContext,
  download: { deadlineMs?: number; headers?: Record<string, string> } = {},
): Promise<SpecText[]> {
  const source = parseSpecSource(text);
  switch (source.kind) {
    case "stdin":
      return [{ name: "standard input", text: await context.stdin?.() ?? "" }];
    case "http": {
      const { env, clock, signal, insecure } = context;
      const spec = await fetchSpec(source.url, {
        deadlineMs: FETCH_DEADLINE_MS,
        env,
        clock,
        signal,
        insecure,
        ...download,
      });
      return [{ name: shownUrl(source.url), text: spec }];
    }
    case "object":
      if (context.kube === undefined) {
        throw new SpecError("", `Cannot read the spec ${text}: no cluster is at hand here`, "Save it to a file first");
      }
      return await readObject(source, context.kube, context);
    case "url":
      if (source.scheme === "oci") return await (await import("./oci_source.ts")).readOciSpecs(text, context);
      throw new SpecError(
        "",
        `Cannot read the spec "${shownSource(text)}": ${source.scheme}:// cannot be read`,
        source.scheme === "file"
          ? "Name the file by its path"
          : "Name an http:// or https:// URL, or save it to a file",
      );
    case "file":
      return [{ name: text, text: await readFile(text, context) }];
  }
}

async function readFile(name: string, context: SourceContext): Promise<string> {
  const path = isAbsolute(name) ? name : resolve(context.cwd, name);
  try {
    const { size, isDirectory } = await Deno.stat(path);
    if (isDirectory) throw new SpecError("", `"${name}" is a folder, not a spec`, "Name a file in it");
    if (size > MAX_BYTES) throw new SpecError("", `"${name}" is too large for a spec (${size} bytes)`);
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof SpecError) throw cause;
    if (cause instanceof Deno.errors.NotFound) throw notFound(name, context);
    const why = cause instanceof Deno.errors.PermissionDenied ? "permission denied" : describeError(cause);
    throw new SpecError("", `Cannot read the spec "${name}": ${why}`, undefined, { cause });
  }
}

function notFound(name: string, context: SourceContext): SpecError {
  const missing = `Cannot read the spec "${name}": it is not a URL, and there is no such file`;
  const resource = /(?:^|\/)(secret|configmap)\//.exec(name)?.[1];
  if (resource !== undefined) {
    const forms = `${resource}/NAMESPACE/NAME or ${resource}/NAMESPACE/NAME/KEY`;
    return new SpecError("", missing, `For an object of the cluster write ${forms}`);
  }
  const command = nearest(name, context.commands ?? []);
  return new SpecError(
    "",
    missing,
    command === undefined
      ? "Check the path; `support-bundle --help` shows what a spec may be"
      : `Did you mean the command \`support-bundle ${command}\`?`,
  );
}
