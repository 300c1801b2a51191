/** A daemon in a process of its own, which kills itself at the step that its one argument, a {@linkcode DaemonOrder} as JSON,
 * names. Its attempts are `attempt.sh`. It tells of what it does in the file `$CRASH_JOURNAL`. */
import { fileURLToPath } from "node:url";
import { describeError, SupportBundleError } from "../../src/core/errors.ts";
import { runDaemon } from "../../src/daemon/daemon.ts";
import { stateFolder } from "../../src/schedule/state_folder.ts";
import { openJobStore } from "../../src/store/kv_job_store.ts";
import { seeded } from "../seeded.ts";
import { failingStore } from "./failing_store.ts";
import { type DaemonStep, type Moment, type StepWatcher, watchedStore } from "./steps.ts";

export interface DaemonOrder {
  seed: number;
  kill?: KillOrder;
  /** The store fails every so manieth call. */
  failOneIn?: number;
  leaseTimes?: { leaseMs: number; renewEveryMs: number; rescueEveryMs: number };
}

export interface KillOrder {
  /** `child`: the one that the step is about; only for `record-child`. */
  target: "daemon" | "child";
  step: DaemonStep;
  moment: Moment;
  /** 1: when it is reached for the first time. */
  time: number;
}

/** A commit takes about this long. */
const COMMIT_MS = 3;

if (import.meta.main) {
  try {
    Deno.exit(await run(JSON.parse(Deno.args[0]!)));
  } catch (error) {
    console.error(`Error: ${describeError(error)}`);
    Deno.exit(error instanceof SupportBundleError ? error.exitCode : 70);
  }
}

async function run({ seed, kill, failOneIn, leaseTimes }: DaemonOrder): Promise<number> {
  const env = Deno.env.toObject();
  const random = seeded(seed);
  const note = (line: string) => Deno.writeTextFileSync(env.CRASH_JOURNAL!, line + "\n", { append: true });
  const state = stateFolder(env);
  return await runDaemon({
    state,
    env,
    flags: { logFile: `${state.logs}/daemon.log`, maxConcurrent: 4 },
    attemptCommand: { command: "/bin/sh", args: [fileURLToPath(new URL("attempt.sh", import.meta.url))] },
    drainMs: 5_000,
    leaseTimes,
    onReady: () => note(`ready ${Deno.pid}`),
    async openStore(...options) {
      const watched = watchedStore(await openJobStore(...options), watcher(kill, random, note));
      return failOneIn === undefined ? watched : failingStore(watched, random, failOneIn);
    },
  });
}

function watcher(
  kill: KillOrder | undefined,
  random: (below: number) => number,
  note: (line: string) => void,
): StepWatcher {
  let left = kill?.time ?? 0;
  return {
    at(step, moment, execution) {
      if (kill === undefined || step !== kill.step || moment !== kill.moment || --left !== 0) return;
      const pid = kill.target === "child" ? execution?.process?.pid : Deno.pid;
      if (pid === undefined) return;
      const strike = () => {
        note(`killed ${kill.target}:${step}:${moment}`);
        Deno.kill(pid, "SIGKILL");
      };
      if (moment === "during") setTimeout(strike, random(COMMIT_MS * 10) / 10);
      else strike();
    },
    accepted: ({ id, status, endTime }) => note(`accepted ${id} ${status} ${endTime}`),
  };
}
