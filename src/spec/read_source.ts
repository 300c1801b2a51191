import { anySignal } from "../core/any_signal.ts";
import { isAbsolute, resolve } from "node:path";
import { describeError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { VERSION } from "../core/version.ts";
import { SpecError } from "./spec_error.ts";

/** What a source of specs may be read with. */
export interface SourceContext {
  cwd: string;
  /** Text of standard input, for the source `-`. */
  stdin?: () => Promise<string>;
  signal?: AbortSignal;
  /** Words that a mistyped source may have meant: the commands. */
  commands?: readonly string[];
}

const MAX_BYTES = 16 * 1024 * 1024;
const FETCH_DEADLINE_MS = 30_000;
const LATER = /^(?:(?:secret|configmap)\/[^/]+\/|oci:\/\/)/;

/** Reads a source as a positional argument names it: a file, `-`, or an http(s) URL.
 * @throws {SpecError} when it cannot be read, an HTTP status other than 200 included */
export async function readSource(source: string, context: SourceContext): Promise<{ name: string; text: string }> {
  if (source === "-") return { name: "standard input", text: await context.stdin?.() ?? "" };
  if (/^https?:\/\//i.test(source)) return { name: source, text: await fetchSpec(source, context.signal) };
  const path = isAbsolute(source) ? source : resolve(context.cwd, source);
  try {
    const { size, isDirectory } = await Deno.stat(path);
    if (isDirectory) throw new SpecError("", `"${source}" is a folder, not a spec`, "Name a file in it");
    if (size > MAX_BYTES) throw new SpecError("", `"${source}" is too large for a spec (${size} bytes)`);
    return { name: source, text: await Deno.readTextFile(path) };
  } catch (cause) {
    if (cause instanceof SpecError) throw cause;
    if (!(cause instanceof Deno.errors.NotFound)) {
      const why = cause instanceof Deno.errors.PermissionDenied ? "permission denied" : describeError(cause);
      throw new SpecError("", `Cannot read the spec "${source}": ${why}`, undefined, { cause });
    }
    throw notFound(source, context);
  }
}

function notFound(source: string, context: SourceContext): SpecError {
  if (LATER.test(source)) {
    return new SpecError(
      "",
      `Cannot read "${source}": this version reads specs from files, standard input and http(s) URLs`,
      "Save it to a file first, for example: kubectl get secret … | support-bundle -",
    );
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) {
    return new SpecError("", `Cannot read "${source}": only http:// and https:// URLs can be read`);
  }
  const command = nearest(source, context.commands ?? []);
  const hint = command === undefined
    ? "Check the path; `support-bundle --help` shows what a spec may be"
    : `Did you mean the command \`support-bundle ${command}\`?`;
  return new SpecError("", `Cannot read the spec "${source}": it is not a URL, and there is no such file`, hint);
}

async function fetchSpec(url: string, signal?: AbortSignal): Promise<string> {
  const deadline = AbortSignal.timeout(FETCH_DEADLINE_MS);
  try {
    const response = await fetch(url, {
      headers: { "user-agent": `support-bundle/${VERSION}` },
      signal: signal === undefined ? deadline : anySignal(signal, deadline),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new SpecError(
        "",
        `Cannot download the spec ${url}: the server answered ${response.status}`,
        "Check the address",
      );
    }
    return await bounded(response, url);
  } catch (cause) {
    if (cause instanceof SpecError || signal?.aborted) throw cause;
    const why = deadline.aborted ? `no answer within ${FETCH_DEADLINE_MS / 1000} s` : describeError(cause);
    throw new SpecError("", `Cannot download the spec ${url}: ${why}`, "Check the address and the proxy settings", {
      cause,
    });
  }
}

async function bounded(response: Response, url: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new SpecError("", `The spec ${url} is larger than ${MAX_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
