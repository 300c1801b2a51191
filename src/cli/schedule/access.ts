import { type Account, accountLabel, currentAccount } from "../../core/account.ts";
import { AccessDeniedError, decideAccess } from "../../schedule/access.ts";
import { stateFolder } from "../../schedule/state_folder.ts";
import type { Settings } from "../../daemon/settings.ts";
import type { StoreGuard } from "../../store/guarded_store.ts";
import type { CliContext } from "../cli_context.ts";
import { schedulerSettings, takeDown } from "./with_store.ts";

const HINT = "Ask whoever keeps the scheduler's settings (`/etc/troubleshoot/scheduler.yaml`, or config.yaml in the " +
  "state folder), or do it as an account that they list";

/** Who gives the command.
 * @param options `groups`: ask for its groups too, which takes a moment */
export async function accountOf(cli: CliContext, options: { groups?: boolean } = {}): Promise<Account> {
  return cli.account ?? await currentAccount(options);
}

/** What the settings let whoever gives the command do to the store. */
export async function storeGuard(cli: CliContext, settings: Settings): Promise<StoreGuard> {
  const account = await accountOf(cli, { groups: settings.allowedGroups.length > 0 });
  const { auditLog } = stateFolder(cli.env);
  return {
    account,
    access: decideAccess(settings, account),
    maxJobsPerUser: settings.maxJobsPerUser,
    hint: HINT,
    audit: async (event) => {
      if (settings.auditLogEnabled) await takeDown(cli, auditLog, event);
    },
  };
}

/** For what is no change of the store: the daemon itself, files beside the store.
 * @param what follows "Cannot": `stop the daemon`
 * @param options `allJobs`: it concerns the jobs of everybody
 * @throws {AccessDeniedError} which is taken down */
export async function needAccess(cli: CliContext, what: string, options: { allJobs?: boolean } = {}): Promise<void> {
  const { account, access, hint, audit } = await storeGuard(cli, await schedulerSettings(cli));
  if (access.allowed && (access.jobs === "all" || !options.allJobs)) return;
  const { setting, why } = access.allowed
    ? {
      setting: "requireAuth" as const,
      why: "it concerns the jobs of everybody, and with `requireAuth` each changes its own",
    }
    : access;
  await audit({ action: "refused", detail: `${what}: ${setting}` });
  throw new AccessDeniedError(setting, what, accountLabel(account), why, hint);
}
