import { parseRetryAfter } from "../core/retry.ts";
import type { RegistryAnswer } from "./errors.ts";
import type { RegistryResponse } from "./registry_transport.ts";

/** What an answer with an error status says: the first of its `errors`, and how long to wait.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
export function readAnswer({ status, headers, body }: RegistryResponse, now: Date): RegistryAnswer {
  const retryAfterMs = parseRetryAfter(headers.get("retry-after"), now);
  return { status, ...readError(body), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function readError(body: Uint8Array): { reason?: string; detail?: string } {
  try {
    const answer = JSON.parse(new TextDecoder().decode(body)) as {
      errors?: { code?: unknown; message?: unknown }[];
      details?: unknown;
    } | null;
    const { code, message } = answer?.errors?.[0] ?? {};
    const detail = message ?? answer?.details;
    return {
      ...(typeof code === "string" && /^\w{1,64}$/.test(code) ? { reason: code } : {}),
      ...(typeof detail === "string" && detail !== "" ? { detail } : {}),
    };
  } catch {
    return {};
  }
}
