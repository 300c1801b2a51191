import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import { listBackups, makeBackup } from "../store/backup.ts";
import type { DaemonLog } from "./daemon_log.ts";
import { RepeatedTask } from "./repeated_task.ts";
import type { DaemonMetrics } from "./metrics.ts";
import { backupEveryMs, type Settings, storeLocation } from "./settings.ts";

export interface BackupOptions {
  /** The store's file. */
  store: string;
  /** Where backups go. */
  folder: string;
  everyMs: number;
  clock: Clock;
  log: DaemonLog;
  metrics: Pick<DaemonMetrics, "backups">;
}

/** Backs up the store as the settings say, until what is returned is disposed of.
 * @returns undefined when they say that it is not */
export function keepBackups(
  state: StateFolder,
  settings: Settings,
  options: Pick<BackupOptions, "clock" | "log" | "metrics">,
): AsyncDisposable | undefined {
  const location = storeLocation(state, settings);
  const everyMs = backupEveryMs(settings, location);
  if (everyMs === undefined || !("path" in location)) return undefined;
  const keeper = new BackupKeeper({ ...options, store: location.path, folder: state.backups, everyMs });
  keeper.start();
  return { [Symbol.asyncDispose]: () => keeper.stop() };
}

/** After a failure it is tried again this soon, if the interval is not shorter. */
const RETRY_MS = 5 * 60_000;
/** A clock that is set, or a file that another one deletes, is noticed this soon. */
const LOOK_MS = 15 * 60_000;

/** Backs up the store whenever the newest backup is older than the interval, whoever made it. A backup that fails is logged
 * and counted, and stops nothing. */
export class BackupKeeper extends RepeatedTask {
  readonly #log: DaemonLog;

  constructor(private readonly options: BackupOptions) {
    super(options.clock);
    this.#log = options.log.with({ component: "store" });
  }

  /** Makes a backup if one is due. @returns after how many milliseconds to look again */
  protected override async turn(): Promise<number> {
    const { store, folder, everyMs, clock, metrics } = this.options;
    try {
      // One from the future was made before the clock was set back.
      const newest = (await listBackups(folder)).find(({ createdAt }) => new Date(createdAt) <= clock.now());
      if (newest !== undefined) {
        const made = new Date(newest.createdAt);
        metrics.backups({ lastSuccess: made });
        const dueInMs = made.getTime() + everyMs - clock.now().getTime();
        if (dueInMs > 0) return Math.min(dueInMs, LOOK_MS);
      }
      const backup = await makeBackup(store, folder, clock.now(), this.stopping);
      metrics.backups({ lastSuccess: new Date(backup.createdAt) });
      this.#log.debug("backed up the store", { path: backup.path, bytes: backup.bytes });
      return Math.min(everyMs, LOOK_MS);
    } catch (error) {
      if (this.stopping.aborted) return 0;
      metrics.backups({ failed: true });
      this.#log.error("cannot back up the store", { path: folder, error: describeError(error) });
      return Math.min(everyMs, RETRY_MS);
    }
  }
}
