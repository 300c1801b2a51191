import { SupportBundleError } from "../core/errors.ts";
import type { HttpAnswer } from "./http_expression.ts";
import { isRecord, textIn } from "./stored_objects.ts";

/** Reads what an http collector wrote: `{"response": {"status": 200, …}}` or `{"error": {"message": …}}`.
 * @param path names the file in the error
 * @throws {SupportBundleError} when it holds neither, or a status that is no number */
export function readHttpAnswer(value: unknown, path: string): HttpAnswer & { what: string } {
  const { response, error } = isRecord(value) ? value : {};
  if (isRecord(response)) {
    const { status } = response;
    if (typeof status === "number") {
      return { statusCode: status, failed: isError(error), what: `the status ${status} in ${path}` };
    }
    throw new SupportBundleError(`The response in ${path} of the bundle has no number "status"`, {
      code: "ANALYZER_INPUT",
    });
  }
  if (isError(error)) return { failed: true, what: `the failure in ${path}: ${textIn(error, "message") || error}` };
  throw new SupportBundleError(`${path} of the bundle holds neither a response nor an error`, {
    code: "ANALYZER_INPUT",
  });
}

/** Whether a file looks like one of an http collector. */
export function isHttpFile(value: unknown): boolean {
  return isRecord(value) && (isRecord(value.response) || isError(value.error)) && !("isConnected" in value);
}

function isError(error: unknown): boolean {
  return isRecord(error) || (typeof error === "string" && error !== "");
}
