import { createHash } from "node:crypto";
import { UsageError } from "../../core/errors.ts";
import { httpPost } from "../http_post.ts";
import { cutText, messageText, plainText } from "../message_text.ts";
import type { Notification, Notifier, NotifyContext, NotifyTarget, StartedRun } from "../notifier.ts";
import { targetUrl, validateTargetUrl } from "../target_url.ts";

const METHODS = ["POST", "GET", "HEAD"] as const;
/** Healthchecks keeps the first 100 kB of a ping's body; services of older versions 10 kB. */
const MAX_BODY_CHARS = 10_000;

/** A dead-man's switch: it is told that a run begins and how it ended, and raises the alarm when it hears nothing.
 * @see https://healthchecks.io/docs/http_api/ */
export const ping: Notifier = {
  kind: "ping",
  summary: "A dead-man's switch (Healthchecks and the like) that is told of each run's start, success and failure",

  options: {
    startPath: 'What is added to the URL when a run begins; default: /start; "no": it is not told',
    successPath: "What is added to the URL for success; default: nothing",
    failPath: "What is added to the URL for failure; default: /fail. What begins with ? sets parameters: ?status=down",
    runIdParameter: 'Name of the parameter with the run\'s id, a UUID; default: rid; "no": none',
    method: "POST (with the message as text, the default), GET or HEAD",
  },
  everyRun: true,

  validate({ url, secret, options = {} }: NotifyTarget): void {
    validateTargetUrl(url, "ping URL");
    if (secret !== undefined) {
      throw new UsageError(
        "The ping notifier has a secret, which it does not need",
        "Leave it out: its URL is the secret, and may be given as a reference (ping:env:NAME)",
      );
    }
    for (const name of ["startPath", "successPath", "failPath"] as const) {
      const path = options[name];
      if (path === undefined || path === "" || /^[/?][^\s#]*$/.test(path)) continue;
      if (name === "startPath" && path === "no") continue;
      throw new UsageError(`The ping notifier's ${name} begins with neither / nor ?`, "Write /start or ?status=up");
    }
    const { runIdParameter, method } = options;
    if (runIdParameter !== undefined && !/^[A-Za-z][\w-]*$/.test(runIdParameter)) {
      throw new UsageError("The ping notifier's runIdParameter is not a name", 'Write rid, or "no" for none');
    }
    if (method !== undefined && !METHODS.some((known) => known === method)) {
      throw new UsageError("The ping notifier's method does not exist", `Use one of ${METHODS.join(", ")}`);
    }
  },

  async started(run: StartedRun, target: NotifyTarget, context: NotifyContext): Promise<void> {
    const path = target.options?.startPath ?? "/start";
    if (path !== "no") await send(path, run.execution?.id, "", target, context);
  },

  async notify(message: Notification, target: NotifyTarget, context: NotifyContext): Promise<void> {
    const failed = message.status === "failed" || message.status === "quarantined";
    // Somebody's wish is neither: the next run tells.
    if (!failed && message.status !== "completed" && message.status !== "partial") return;
    const { successPath = "", failPath = "/fail" } = target.options ?? {};
    const body = cutText(plainText(messageText(message)), MAX_BODY_CHARS);
    await send(failed ? failPath : successPath, message.execution?.id, body, target, context);
  },
};

async function send(
  path: string,
  executionId: string | undefined,
  body: string,
  target: NotifyTarget,
  context: NotifyContext,
): Promise<void> {
  const url = await targetUrl(target, "ping URL", context);
  addPath(url, path);
  const parameter = target.options?.runIdParameter ?? "rid";
  if (parameter !== "no" && executionId !== undefined) url.searchParams.set(parameter, runId(executionId));
  const method = METHODS.find((known) => known === target.options?.method) ?? "POST";
  await httpPost({
    url,
    method,
    ...(method === "POST" ? { body, headers: () => ({ "Content-Type": "text/plain; charset=utf-8" }) } : {}),
    who: "The dead-man's switch",
    hint: "Check that the check still exists",
  }, context);
}

function addPath(url: URL, path: string): void {
  const query = path.indexOf("?");
  const added = query < 0 ? path : path.slice(0, query);
  if (added !== "") url.pathname = url.pathname.replace(/\/+$/, "") + added;
  for (const [name, value] of new URLSearchParams(query < 0 ? "" : path.slice(query))) {
    url.searchParams.set(name, value);
  }
}

/** The same UUID for the start and the end of an execution, and for nothing else: of version 8, from a SHA-256.
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-5.8 */
export function runId(executionId: string): string {
  const bytes = createHash("sha256").update(`support-bundle/${executionId}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
