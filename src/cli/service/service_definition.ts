/** What a service manager is told of the daemon. */
export interface ServiceDefinition {
  /** `system`: from boot on, for all. `user`: of one account. */
  scope: "system" | "user";
  /** The command line of the daemon in the foreground. */
  command: string[];
  /** Absolute path of the folder that it writes to, beside what its jobs name. */
  stateFolder: string;
  /** Beside that of the state folder: what the daemon finds its cluster and its proxies by. */
  environment: Readonly<Record<string, string>>;
  /** Account that runs it, for `system`; absent: the manager's own. */
  account?: string;
}

/** How long the daemon may take to end: running attempts get their grace period. Seconds. */
export const STOP_SECONDS = 90;

/** Of the environment of whoever installs it, what the daemon needs in its own. */
const KEPT = [
  "KUBECONFIG",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "TMPDIR",
];

/** Credentials are not among them: what is written into a definition, everybody can read. */
export function keptEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(KEPT.flatMap((name) => env[name] ? [[name, env[name]]] : []));
}
