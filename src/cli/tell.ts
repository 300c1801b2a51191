import type { Notification, StartedRun } from "../notify/notifier.ts";
import { type NotifyAllContext, tellStarted, tellTarget } from "../notify/notify_all.ts";
import { type TellItem, tellRequestSchema, type TellResult } from "../daemon/tell_protocol.ts";
import type { CliContext } from "./cli_context.ts";
import { watchDaemon } from "./daemon_watch.ts";
import { readSecret } from "./read_secret.ts";

/** Sends notifications for the daemon: what to whom as JSON on standard input, how it went as JSON lines on standard
 * output. All at once: one that hangs keeps no other waiting. */
export async function runTell(cli: CliContext): Promise<void> {
  using _watch = watchDaemon(cli);
  const { items } = tellRequestSchema.parse(JSON.parse(await cli.stdin.readAll()));
  const { signal, env, clock } = cli;
  const secret = readSecret(cli);
  const context: NotifyAllContext = { signal, env, secret, clock, log() {} };
  await Promise.all(items.map(async (item) => {
    const result: TellResult = { type: "result", key: item.key, failure: await tellOne(item, context) };
    await cli.stdout.write(JSON.stringify(result) + "\n");
  }));
}

function tellOne({ target, message, deliveryId, started }: TellItem, context: NotifyAllContext) {
  return started !== undefined
    ? tellStarted(target, started as unknown as StartedRun, context)
    : tellTarget(target, message as unknown as Notification, context, deliveryId);
}
