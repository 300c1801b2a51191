/** The variable that marks the processes of an execution: the child of an attempt, and whatever that starts. By it they are
 * found again when their process group is not theirs any more, or their daemon is gone. */
export const EXECUTION_ENV = "SUPPORT_BUNDLE_EXECUTION";

/** Beside it, the execution's work folder: tells the processes of one daemon from those of another on the same machine. */
export const WORK_ENV = "SUPPORT_BUNDLE_WORK";

/** The pid of the daemon, for the child of an attempt: when that is not its parent any more, nobody waits for the result. */
export const DAEMON_ENV = "SUPPORT_BUNDLE_DAEMON_PID";
