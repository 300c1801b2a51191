import { hostname } from "node:os";
import { type Command, Option } from "commander";
import { UsageError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { type Notification, type NotifiedFinding, NOTIFY_EVENTS, type NotifyEvent } from "../../notify/notifier.ts";
import { NotifyError } from "../../notify/notify_error.ts";
import { describeTarget } from "../../notify/target_url.ts";
import type { CliContext } from "../cli_context.ts";
import { parsePairs } from "../command.ts";
import { readSecret } from "../read_secret.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";

interface TestFlags {
  event: NotifyEvent;
  notifySecret?: string;
  notifyOptions?: Record<string, string>;
  output: OutputFormat;
}

/** `notify test`: sends a message that says that it is one, and tells whether it was taken. */
export function defineTest(command: Command, cli: CliContext): void {
  command
    .description(
      "Send a test message, now: quiet hours, limits and what the notifier asked for do not count. The exit code is 0 when " +
        "the receiver has taken it. A kind that keeps incidents opens one with --event failure, and resolves it with " +
        "--event recovery.",
    )
    .argument("<notifier>", "a notifier of the settings, a URL, or KIND:URL")
    .addOption(
      new Option("--event <event>", `what the message says has happened: ${NOTIFY_EVENTS.join(", ")}`)
        .default("failure").argParser(parseEvent),
    )
    .option(
      "--notify-secret <ref>",
      "of a URL: where its key or password is: env:NAME, file:/path, vault:NAME …; never the value",
    )
    .option("--notify-options <k=v,…>", "of a URL: options, such as channel=ops", parsePairs("--notify-options"));
  addOutputOption(command)
    .addHelpText(
      "after",
      `
Examples:
  support-bundle notify test ops
  support-bundle notify test ops --event recovery
  support-bundle notify test https://hooks.example.com/T0 --notify-secret env:HOOK_KEY`,
    )
    .action((name: string, flags: TestFlags) => sendTest(cli, name, flags));
}

async function sendTest(cli: CliContext, name: string, flags: TestFlags): Promise<void> {
  const { findTarget } = await import("./read_notifiers.ts");
  const { tellTarget } = await import("../../notify/notify_all.ts");
  const target = await findTarget(cli, name, flags);
  const message = testMessage(flags.event, cli.clock.now(), hostname());
  const { signal, env, clock } = cli;
  const context = { signal, env, secret: readSecret(cli), clock, log() {} };
  const failure = await tellTarget(target, message, context);
  if (failure !== undefined) {
    throw new NotifyError(
      `The test message was not sent: ${failure.message}`,
      failure.hint ?? "Check the notifier's URL, its secret and its options",
    );
  }
  const label = describeTarget(target);
  const sent = { notifier: name.includes(":") ? label : name, kind: target.kind, event: flags.event, sent: true };
  await printData(cli, flags.output, sent, () => `Sent a test message (${flags.event}) to ${label}: it was accepted\n`);
}

/** A message that everybody can see is a test. */
export function testMessage(event: NotifyEvent, at: Date, host: string): Notification {
  const failed = event === "failure" || event === "quarantined";
  const finding: NotifiedFinding = {
    title: "Test finding",
    severity: "warn",
    message: "This is a test message: nothing was found",
  };
  return {
    schemaVersion: 1,
    events: [event],
    job: { id: "job-test", name: "test" },
    execution: {
      id: `job-test-${at.toISOString().replace(/[-:.]/g, "")}`,
      scheduledAt: at.toISOString(),
      attempt: 1,
    },
    sentAt: at.toISOString(),
    host,
    status: event === "quarantined" ? "quarantined" : failed ? "failed" : "completed",
    summary: `TEST: this is how support-bundle on ${host} tells of ${WORDS[event]}; nothing has happened`,
    error: failed ? "This is a test message: nothing has failed" : undefined,
    findings: { fail: 0, warn: event === "new-findings" ? 1 : 0, pass: 1 },
    newFindings: event === "new-findings" ? [finding] : [],
    fixedFindings: event === "fixed-findings" ? [finding] : [],
  };
}

const WORDS: Readonly<Record<NotifyEvent, string>> = {
  failure: "a failed run",
  quarantined: "a bundle that is held back",
  recovery: "a run that is well again",
  "new-findings": "new findings",
  "fixed-findings": "findings that are gone",
  always: "any run",
};

function parseEvent(text: string): NotifyEvent {
  const event = NOTIFY_EVENTS.find((name) => name === text.trim().toLowerCase());
  if (event !== undefined) return event;
  const meant = nearest(text, NOTIFY_EVENTS);
  throw new UsageError(
    `--event: "${text}" is not an event`,
    meant === undefined ? `Write one of ${NOTIFY_EVENTS.join(", ")}` : `Did you mean ${meant}?`,
  );
}
