import { join } from "node:path";

/** Where the scheduler keeps everything: one folder, readable by its owner only (0700, files 0600). */
export interface StateFolder {
  root: string;
  store: string;
  /** Of the store. */
  backups: string;
  bundles: string;
  work: string;
  logs: string;
  /** Token keys of jobs, and what they remember of tokens. */
  tokens: string;
  auditLog: string;
  pidFile: string;
  controlSocket: string;
  configFile: string;
}

/** `TROUBLESHOOT_SCHEDULER_DIR`, else `~/.troubleshoot/scheduler`. Makes nothing. */
export function stateFolder(env: Readonly<Record<string, string | undefined>>): StateFolder {
  const home = env.HOME ?? env.USERPROFILE ?? ".";
  const root = env.TROUBLESHOOT_SCHEDULER_DIR || join(home, ".troubleshoot", "scheduler");
  return {
    root,
    store: join(root, "store.db"),
    backups: join(root, "backups"),
    bundles: join(root, "bundles"),
    work: join(root, "work"),
    logs: join(root, "logs"),
    tokens: join(root, "tokens"),
    auditLog: join(root, "audit.jsonl"),
    pidFile: join(root, "daemon.json"),
    controlSocket: join(root, "daemon.sock"),
    configFile: join(root, "config.yaml"),
  };
}
