/** Exit codes of every command, and of an execution's child process. Documented in docs/exit-codes.md.
 *
 * 0, 1 and 2 mean what existing scripts expect; 3 and 4 are verdicts of `analyze`; `diff --exit-code` ends with 3 where bundles differ. */
export const EXIT = {
  ok: 0,
  /** Anything that has no code of its own, wrong flags included. */
  failure: 1,
  /** A spec, or the command that names it, cannot be used. */
  spec: 2,
  /** The analyzers found failures (commands that judge, not the ones that collect). */
  findingsFail: 3,
  /** The analyzers found warnings, and no failures. */
  findingsWarn: 4,
  /** A bundle was written, but a part that was asked for is missing as a whole. */
  partial: 5,
  /** The cluster cannot be reached, or does not accept these credentials. */
  clusterAccess: 6,
  /** The bundle exists, and could not be delivered. */
  upload: 7,
  /** The bundle exists, and is held back: it may contain a secret. */
  quarantined: 8,
  /** The scheduler's state cannot be used: not writable, locked, not found. */
  state: 9,
  /** A job, an execution or a template of this name does not exist, or the name is ambiguous. */
  notFound: 10,
  /** The daemon is not running, or one is running already. */
  daemon: 11,
  /** The disk is full, or the destination's folder cannot be written. */
  disk: 12,
  /** `verify`: the bundle is not what its manifest or its signature says. */
  notIntact: 13,
  /** Something this program did not expect: a defect. */
  internal: 70,
  /** The scheduler's settings do not let this account do that. */
  refused: 77,
  /** A deadline passed; what was had until then is in the bundle. */
  timeout: 124,
  /** Ctrl-C or SIGTERM; what was had until then is in the bundle. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
