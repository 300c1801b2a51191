import type { Audit } from "../store/audited_store.ts";
import { describeSetAside, setAsideDetail } from "../store/describe_set_aside.ts";
import type { SetAsideFile } from "../store/store_file.ts";
import type { DaemonLog } from "./daemon_log.ts";

/** Tells what became of a damaged store, if there was one, in the log and the audit log.
 * @returns the same for the daemon's status */
export async function reportSetAside(found: SetAsideFile | undefined, log: DaemonLog, audit: Audit): Promise<string[]> {
  if (found === undefined) return [];
  const lines = describeSetAside(found);
  for (const line of lines) log.error(line, { component: "store" });
  await audit({ action: "rebuild", detail: setAsideDetail(found) });
  return lines;
}
