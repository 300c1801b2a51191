import { isAbsolute } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { retry } from "../../core/retry.ts";
import { withTimeLimit } from "../../core/time_limit.ts";
import { RETRIES } from "../http_post.ts";
import { oneLine, withoutCredentials } from "../message_text.ts";
import type { Notification, Notifier, NotifyContext, NotifyTarget } from "../notifier.ts";
import { NotifyError } from "../notify_error.ts";
import { HAS_GROUPS, killWithGroup } from "../../core/process_group.ts";

/** What the command gets of this program's environment: no credentials, no proxies. */
const KEPT = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR"];
const KEPT_ON_WINDOWS = ["Path", "SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "TEMP", "TMP", "USERPROFILE"];

const TRY_TIMEOUT_MS = 30_000;
/** The exit code that says: try again. @see sysexits.h */
const EX_TEMPFAIL = 75;

/** A program of the machine: the notification as JSON on its standard input. */
export const command: Notifier = {
  kind: "command",
  summary: "A program (command:/path/to/program) that gets the notification as JSON on its standard input",

  options: {
    args: 'Its arguments: words between spaces, or a JSON list: ["--channel", "on call"]. No shell is involved',
  },

  validate({ url: path, secret, options = {} }: NotifyTarget): void {
    if (!isAbsolute(path) || path.includes("\0")) {
      throw new UsageError(
        "The command is not an absolute path",
        "Write command:/path/to/program; arguments are the option args",
      );
    }
    if (secret !== undefined) {
      throw new UsageError(
        "The command has a secret, which it is not given",
        "Leave it out: let the command read it itself",
      );
    }
    parseArguments(options.args);
  },

  async notify(message: Notification, target: NotifyTarget, context: NotifyContext): Promise<void> {
    const { signal, clock } = context;
    const args = parseArguments(target.options?.args);
    const env = environment(message, context.env);
    const timeoutMs = context.tryTimeoutMs ?? TRY_TIMEOUT_MS;
    const input = JSON.stringify(message);
    try {
      await retry(() => withTimeLimit(timeoutMs, signal, (limited) => run(target.url, args, env, input, limited)), {
        ...RETRIES,
        clock,
        signal,
        judge: (error) => ({ retry: error instanceof ExitError && error.code === EX_TEMPFAIL }),
      });
    } catch (error) {
      signal.throwIfAborted();
      throw await explain(error, target.url);
    }
  },
};

/** The command has ended, and not well. */
class ExitError extends Error {
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

/** Runs a program in a process group of its own, which ends with it or with the signal. What it prints goes nowhere: it may
 * hold its secrets. */
async function run(
  path: string,
  args: string[],
  env: Record<string, string>,
  input: string,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const child = new Deno.Command(path, {
    args,
    env,
    clearEnv: true,
    detached: HAS_GROUPS,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const end = () => killWithGroup(child);
  const ended = new AbortController();
  signal.addEventListener("abort", end, { once: true });
  try {
    // A command that does not read what it is given has been told all the same.
    const writing = new Blob([input]).stream().pipeTo(child.stdin, { signal: ended.signal }).catch(() => {});
    const status = await child.status;
    end(); // what it started and left behind
    ended.abort();
    await writing;
    signal.throwIfAborted();
    if (status.success) return;
    throw new ExitError(
      status.code,
      status.signal === null ? `it ended with exit code ${status.code}` : `it was killed by ${status.signal}`,
    );
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** The whole environment of the command. */
export function environment(message: Notification, env: Readonly<Record<string, string>>): Record<string, string> {
  const names = Deno.build.os === "windows" ? [...KEPT, ...KEPT_ON_WINDOWS] : KEPT;
  const kept = names.filter((name) => env[name] !== undefined).map((name) => [name, env[name]!] as const);
  const { job, execution, bundle, events } = message;
  const said: Record<string, string | undefined> = {
    EVENT: events.find((event) => event !== "always") ?? "always",
    EVENTS: events.join(","),
    STATUS: message.status,
    SUMMARY: message.summary,
    JOB: job?.name,
    JOB_ID: job?.id,
    EXECUTION_ID: execution?.id,
    BUNDLE_PATH: bundle?.path,
    BUNDLE_URL: bundle?.url === undefined ? undefined : withoutCredentials(bundle.url),
  };
  return {
    ...Object.fromEntries(kept),
    ...Object.fromEntries(
      Object.entries(said).flatMap(([name, value]) =>
        value === undefined ? [] : [[`SUPPORT_BUNDLE_${name}`, oneLine(value, 1000)]]
      ),
    ),
  };
}

function parseArguments(text = ""): string[] {
  const trimmed = text.trim();
  if (!trimmed.startsWith("[")) return trimmed === "" ? [] : trimmed.split(/\s+/);
  let list: unknown;
  try {
    list = JSON.parse(trimmed);
  } catch {
    list = undefined;
  }
  if (Array.isArray(list) && list.every((one): one is string => typeof one === "string" && !one.includes("\0"))) {
    return list;
  }
  throw new UsageError("The command's option args is not a list of texts", 'Write ["--channel", "on call"]');
}

async function explain(error: unknown, path: string): Promise<NotifyError> {
  const what = `The command "${path}" could not be told`;
  if (error instanceof ExitError) {
    return new NotifyError(`${what}: ${error.message}`, "Run it by hand to see what it says");
  }
  if (error instanceof DOMException) {
    return new NotifyError(`${what}: it had not ended after its time and was killed`, "Make it end sooner");
  }
  if (error instanceof Deno.errors.NotFound) {
    const isThere = await Deno.stat(path).then(() => true, () => false);
    return isThere
      ? new NotifyError(`${what}: what is to run it does not exist`, "Check its first line: #!/bin/sh")
      : new NotifyError(`${what}: it does not exist`, "Check the path");
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new NotifyError(`${what}: this account may not run it`, "Run: chmod +x, or check whose it is");
  }
  return new NotifyError(`${what}: it cannot be run`, "Check that it is a program, or a script with a #! line");
}
