import { type Account, accountLabel } from "../core/account.ts";
import { SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";

/** Who may change the scheduler. Empty lists say nothing. */
export interface AccessRules {
  /** Accounts must have a name or be listed, and change their own jobs only, unless they are in one of `allowedGroups`. */
  requireAuth: boolean;
  /** Names or numbers of accounts. */
  allowedUsers: readonly string[];
  /** Names or numbers of groups. */
  allowedGroups: readonly string[];
}

export type AccessSetting = keyof AccessRules;

export type Access =
  /** `jobs`: those of everybody, or of the account alone. */
  | { allowed: true; jobs: "all" | "own" }
  | { allowed: false; setting: AccessSetting; why: string };

/** What an account may do. Root may everything: nothing could keep it from the files. */
export function decideAccess(rules: AccessRules, account: Account): Access {
  const { requireAuth, allowedUsers, allowedGroups } = rules;
  if (account.uid === 0) return { allowed: true, jobs: "all" };
  if (allowedGroups.some((group) => account.groups.includes(group))) return { allowed: true, jobs: "all" };
  const jobs = requireAuth ? "own" : "all";
  if (isListed(account, allowedUsers)) return { allowed: true, jobs };
  if (allowedUsers.length > 0 || allowedGroups.length > 0) {
    const setting = allowedUsers.length > 0 ? "allowedUsers" : "allowedGroups";
    return { allowed: false, setting, why: listsText(allowedUsers, allowedGroups) };
  }
  if (requireAuth && account.name === undefined) {
    return { allowed: false, setting: "requireAuth", why: "`requireAuth` wants an account with a name" };
  }
  return { allowed: true, jobs };
}

/** True when the rules keep anybody from anything. */
export function hasRules({ requireAuth, allowedUsers, allowedGroups }: AccessRules): boolean {
  return requireAuth || allowedUsers.length > 0 || allowedGroups.length > 0;
}

/** Whether the account may change a job of this creator.
 * @param createdBy as {@linkcode accountLabel} wrote it; undefined: nobody knows */
export function mayChange(access: Access, account: Account, createdBy: string | undefined): boolean {
  return access.allowed && (access.jobs === "all" || createdBy === accountLabel(account));
}

function isListed({ uid, name }: Account, users: readonly string[]): boolean {
  return users.some((user) => user === name || (uid !== undefined && user === String(uid)));
}

function listsText(users: readonly string[], groups: readonly string[]): string {
  const unlisted = users.length === 0 ? "" : "it is not in `allowedUsers`";
  const outside = groups.length === 0 ? "" : "none of its groups is in `allowedGroups`";
  return [unlisted, outside].filter((part) => part !== "").join(", and ");
}

/** The settings do not let this account do that. Nothing was changed. */
export class AccessDeniedError extends SupportBundleError {
  constructor(readonly setting: AccessSetting, what: string, who: string, why: string, hint: string) {
    super(`Cannot ${what} as ${who}: ${why}. Nothing was changed`, {
      code: "ACCESS_DENIED",
      exitCode: EXIT.refused,
      hint,
    });
  }
}

/** An account has as many jobs as `maxJobsPerUser` allows. */
export class TooManyJobsError extends SupportBundleError {
  constructor(createdBy: string, limit: number) {
    super(
      `Cannot make another job: ${createdBy} has ${limit} already, as many as \`maxJobsPerUser\` allows. ` +
        "Nothing was changed",
      { code: "TOO_MANY_JOBS", exitCode: EXIT.refused, hint: "Delete one, or have `maxJobsPerUser` raised" },
    );
  }
}
