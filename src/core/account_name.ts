import { userInfo } from "node:os";

/** Name of the account that runs this process.
 * @param fallback for an account that the machine has no name for; default: its number */
export function accountName(fallback?: string): string {
  try {
    return userInfo().username;
  } catch {
    return fallback || `uid ${Deno.uid() ?? "unknown"}`;
  }
}
