import { describeError } from "../../core/errors.ts";
import type { AuditEvent } from "../../schedule/audit.ts";
import { stateFolder } from "../../schedule/state_folder.ts";
import type { JobStore } from "../../store/job_store.ts";
import type { SetAsideFile } from "../../store/store_file.ts";
import type { Settings } from "../../daemon/settings.ts";
import type { CliContext } from "../cli_context.ts";

/** Opens the store that the daemon uses, for one action, and closes it whatever happens.
 * @throws {StoreError} when it cannot be used
 * @throws {AccessDeniedError} when the action changes what the settings do not let this account change */
export async function withStore<T>(cli: CliContext, action: (store: JobStore) => Promise<T>): Promise<T> {
  const { openJobStore } = await import("../../store/kv_job_store.ts");
  const { storeLocation } = await import("../../daemon/settings.ts");
  const { guardStore } = await import("../../store/guarded_store.ts");
  const { secureState } = await import("../../store/secure_state.ts");
  const { storeGuard } = await import("./access.ts");
  const state = stateFolder(cli.env);
  const settings = await schedulerSettings(cli);
  for (const note of await secureState(state)) await cli.stderr.write(`Warning: ${note}\n`);
  const opened = await openJobStore(storeLocation(state, settings), {
    clock: cli.clock,
    backups: state.backups,
    inUse: async () => await (await import("../../daemon/pid_file.ts")).runningDaemon(state) !== undefined,
  });
  const guarded = guardStore(opened, await storeGuard(cli, settings));
  const store = settings.auditLogEnabled ? await audited(cli, guarded, state.auditLog) : opened;
  if (store.setAside !== undefined) await tellSetAside(cli, store.setAside, settings);
  try {
    const result = await action(store);
    for (const { key, reason } of store.unreadable()) {
      await cli.stderr.write(`Warning: the record ${key} cannot be read and was set aside: ${reason}\n`);
    }
    return result;
  } finally {
    store.close();
  }
}

async function tellSetAside(cli: CliContext, setAside: SetAsideFile, settings: Settings): Promise<void> {
  const { describeSetAside, setAsideDetail } = await import("../../store/describe_set_aside.ts");
  for (const line of describeSetAside(setAside)) await cli.stderr.write(`Warning: ${line}\n`);
  await auditEvent(cli, settings, { action: "rebuild", detail: setAsideDetail(setAside) });
}

/** Takes down what was done to the store as a whole. */
export async function auditEvent(cli: CliContext, settings: Settings, event: AuditEvent): Promise<void> {
  if (settings.auditLogEnabled) await takeDown(cli, stateFolder(cli.env).auditLog, event);
}

async function audited<Store extends JobStore>(cli: CliContext, store: Store, path: string): Promise<Store> {
  const { auditCommands } = await import("../../store/audited_store.ts");
  return auditCommands(store, (event) => takeDown(cli, path, event));
}

/** Takes down what a command did beyond changes of jobs, where the settings want that. */
export async function takeDownEvent(cli: CliContext, event: AuditEvent): Promise<void> {
  if ((await schedulerSettings(cli)).auditLogEnabled) await takeDown(cli, stateFolder(cli.env).auditLog, event);
}

/** What was done is done, also when it cannot be taken down: then it is said. */
export async function takeDown(cli: CliContext, path: string, event: AuditEvent): Promise<void> {
  const { AuditLog } = await import("../../store/audit_log.ts");
  const { currentActor } = await import("../../store/audit_actor.ts");
  try {
    await new AuditLog(path, currentActor(cli.env, commandOf(Deno.args)), cli.clock).append(event);
  } catch (error) {
    await cli.stderr.write(`Warning: this could not be written to the audit log ${path}: ${describeError(error)}\n`);
  }
}

/** `schedule create` of a command line. */
function commandOf(args: readonly string[]): string {
  const end = args.findIndex((arg) => !/^[a-z-]+$/.test(arg) || arg.startsWith("-"));
  return args.slice(0, end < 0 ? 2 : Math.min(2, end)).join(" ");
}

/** The daemon's settings, for what they say about new jobs. */
export async function schedulerSettings(cli: CliContext): Promise<Settings> {
  const { loadSettings } = await import("../../daemon/load_settings.ts");
  return (await loadSettings(stateFolder(cli.env), cli.env)).settings;
}

/** Tells the daemon that the store has changed.
 * @returns false when none is running */
export async function nudge(cli: CliContext): Promise<boolean> {
  const { nudgeDaemon } = await import("../../daemon/control_client.ts");
  return await nudgeDaemon(stateFolder(cli.env));
}
