import { bundlePath, UnsafePathError } from "../../bundle/bundle_path.ts";
import { SupportBundleError } from "../../core/errors.ts";

const MAX_FILES = 10_000;
const MAX_PATH_LENGTH = 1_000;
/** How much of a refused path is shown. */
const SHOWN_PATH = 200;

export interface NodeOutput {
  files: { path: string; text: string }[];
  /** Why files were not taken, one sentence each. */
  refused: string[];
}

/** Reads what the collectors' command printed on a node: a JSON object of paths, as on one machine, and texts. The node is
 * not trusted: no file lies outside its folder.
 * @throws {SupportBundleError} REMOTE_OUTPUT when it is no such object; its text is in no message */
export function readNodeOutput(node: string, stdout: Uint8Array): NodeOutput {
  const output: NodeOutput = { files: [], refused: [] };
  const printed = Object.entries(parseObject(stdout));
  if (printed.length > MAX_FILES) {
    throw notUsable(`it names ${printed.length} files, more than ${MAX_FILES}`);
  }
  for (const [name, text] of printed) {
    const path = pathOnNode(node, name);
    const shown = JSON.stringify(name.slice(0, SHOWN_PATH));
    if (path === undefined) {
      output.refused.push(`The file ${shown} was not taken: its path leads out of the node's folder`);
    } else if (typeof text !== "string") output.refused.push(`The file ${shown} was not taken: it is no text`);
    else output.files.push({ path, text });
  }
  return output;
}

/** Where a file of a node is in the bundle; undefined for a path that is none. */
function pathOnNode(node: string, name: string): string | undefined {
  const rest = name.replace(/^\/*host-collectors\//, "");
  if (rest.length > MAX_PATH_LENGTH) return undefined;
  try {
    bundlePath(rest); // there is something of it
    return bundlePath("host-collectors", node, rest);
  } catch (error) {
    if (error instanceof UnsafePathError) return undefined;
    throw error;
  }
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw notUsable("it is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw notUsable("it is not a JSON object");
  return value as Record<string, unknown>;
}

function notUsable(why: string): SupportBundleError {
  return new SupportBundleError(`Cannot use what the command in the pod printed: ${why}`, {
    code: "REMOTE_OUTPUT",
    hint: "Check with --remote-host-image that the image is one of Troubleshoot",
  });
}
