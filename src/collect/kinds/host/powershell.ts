import { SupportBundleError } from "../../../core/errors.ts";
import { hostOutput } from "./host_command.ts";

/** The objects that a PowerShell script of Windows puts out, made from JSON; they are not checked.
 * @param what it is to do, for the error: `read the processors`
 * @throws {SupportBundleError} as {@linkcode hostOutput}, and `HOST_OUTPUT` when the answer is not JSON */
export async function powershellObjects(what: string, script: string, signal: AbortSignal): Promise<unknown[]> {
  const utf8 = "try { [Console]::OutputEncoding = [Text.Encoding]::UTF8 } catch { }";
  const command = `${utf8}; @(${script}) | ConvertTo-Json -Compress`;
  const args = ["-NoProfile", "-NonInteractive", "-Command", command];
  return parseObjects(what, (await hostOutput(what, "powershell", args, signal)).stdout);
}

/** Reads what `ConvertTo-Json` writes: nothing for no object, the object itself for one, a list for several.
 * @throws {SupportBundleError} `HOST_OUTPUT` */
export function parseObjects(what: string, text: string): unknown[] {
  const json = text.replace(/^\uFEFF/, "").trim();
  if (json === "") return [];
  try {
    const found: unknown = JSON.parse(json);
    return Array.isArray(found) ? found : [found];
  } catch (cause) {
    throw new SupportBundleError(`Cannot ${what}: PowerShell's answer is not JSON`, { code: "HOST_OUTPUT", cause });
  }
}
