import { describeError } from "../core/errors.ts";

/** Answers of `/readyz`: every part with what it says; an empty text is fine. */
export type ReadinessChecks = Record<string, () => Promise<string> | string>;

/** A check that takes longer has failed. */
export const CHECK_TIMEOUT_MS = 3_000;

/** Makes the checks, one after the other. A check that hangs is a check that failed.
 * @returns what is wrong, by name; empty where nothing is */
export async function checkReadiness(
  checks: ReadinessChecks,
  timeoutMs: number = CHECK_TIMEOUT_MS,
): Promise<Map<string, string>> {
  const problems = new Map<string, string>();
  for (const [name, check] of Object.entries(checks)) problems.set(name, await bounded(check, timeoutMs));
  return problems;
}

async function bounded(check: () => Promise<string> | string, timeoutMs: number): Promise<string> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve(`no answer within ${timeoutMs} ms`), timeoutMs);
  try {
    return await Promise.race([check(), late.promise]);
  } catch (error) {
    return describeError(error);
  } finally {
    clearTimeout(timer);
  }
}
