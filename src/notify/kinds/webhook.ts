import { createHmac } from "node:crypto";
import { isAbsolute } from "node:path";
import { validateCredentialReference } from "../../core/credential_reference.ts";
import { UsageError } from "../../core/errors.ts";
import { httpPost } from "../http_post.ts";
import type { Notification, Notifier, NotifyContext, NotifyTarget } from "../notifier.ts";
import { NotifyError } from "../notify_error.ts";
import { targetUrl, validateTargetUrl } from "../target_url.ts";
import { fillTemplate } from "../webhook_template.ts";

/** `t=<seconds since 1970>,v1=<hex>`: an HMAC-SHA-256 over `<t>.<body>`, as {@linkcode sign} makes it. */
export const SIGNATURE_HEADER = "X-Support-Bundle-Signature";

const MAX_TEMPLATE_BYTES = 64 * 1024;
/** Headers that are not the sender's to set. */
const OWN_HEADERS = /^(?:host|content-length|content-type|transfer-encoding|connection|x-support-bundle-.*)$/i;
const SAMPLE: Notification = {
  schemaVersion: 1,
  events: ["always"],
  sentAt: "1970-01-01T00:00:00.000Z",
  host: "host",
  status: "completed",
  summary: "job: completed",
  findings: { fail: 0, warn: 0, pass: 0 },
  newFindings: [],
  fixedFindings: [],
};

/** POSTs the notification as JSON or as a template says, signed when the target has a secret. */
export const webhook: Notifier = {
  kind: "webhook",
  summary: "An HTTP endpoint that takes JSON (https://host/path), signed when there is a secret",

  options: {
    template: "The body, with placeholders such as {summary}; default: all that is known, as JSON",
    templateFile: "An absolute path of a file with the template, read each time",
    contentType: "The type of the body that a template gives; default: application/json",
    headers: "Further headers, values by reference: Authorization=env:NAME; X-Team=file:/path",
  },

  validate({ url, secret, options = {} }: NotifyTarget): void {
    validateTargetUrl(url, "webhook");
    if (secret !== undefined) validateCredentialReference(secret);
    parseHeaders(options.headers);
    const { template, templateFile, contentType } = options;
    if (template !== undefined && templateFile !== undefined) {
      throw new UsageError("The webhook has both a template and a templateFile", "Leave one out");
    }
    if (contentType !== undefined && template === undefined && templateFile === undefined) {
      throw new UsageError(
        "The webhook's contentType means nothing without a template",
        "Add template or templateFile",
      );
    }
    if (contentType !== undefined && !/^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.-]+)*$/.test(contentType)) {
      throw new UsageError("The webhook's contentType is not one", "Write it as text/plain; charset=utf-8");
    }
    if (templateFile !== undefined && !isAbsolute(templateFile)) {
      throw new UsageError(
        `The webhook's templateFile "${templateFile}" is not an absolute path`,
        "Jobs run in folders of their own: write the whole path",
      );
    }
    if (template !== undefined) fillTemplate(template, SAMPLE, contentType ?? "application/json");
  },

  async notify(message: Notification, target: NotifyTarget, context: NotifyContext): Promise<void> {
    const { contentType = "application/json" } = target.options ?? {};
    const url = await targetUrl(target, "webhook", context);
    const key = target.secret === undefined ? undefined : await context.secret(target.secret);
    const extra: Record<string, string> = {};
    for (const { name, reference } of parseHeaders(target.options?.headers)) {
      extra[name] = await context.secret(reference);
    }
    const body = await bodyOf(message, target, contentType);
    const deliveryId = context.deliveryId ?? crypto.randomUUID();
    await httpPost({
      url,
      body,
      who: "The webhook",
      hint: "Check the webhook's URL, and what its server expects",
      headers: (now) => ({
        ...extra,
        "Content-Type": contentType,
        "X-Support-Bundle-Delivery": deliveryId, // the same in every try: a receiver can drop what it has had
        ...(key === undefined ? {} : { [SIGNATURE_HEADER]: sign(body, key, now) }),
      }),
    }, context);
  },
};

/** The value of {@linkcode SIGNATURE_HEADER}. The time is signed too, so that a receiver can refuse old messages. */
export function sign(body: string, key: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000);
  return `t=${seconds},v1=${createHmac("sha256", key).update(`${seconds}.${body}`).digest("hex")}`;
}

async function bodyOf(message: Notification, { options = {} }: NotifyTarget, contentType: string): Promise<string> {
  const { template, templateFile } = options;
  if (template === undefined && templateFile === undefined) return JSON.stringify(message);
  try {
    return fillTemplate(template ?? await readTemplate(templateFile!), message, contentType);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new NotifyError(error.message, error.hint ?? "Correct the template");
  }
}

async function readTemplate(path: string): Promise<string> {
  const unusable = (why: string) =>
    new NotifyError(`The webhook's template "${path}" ${why}`, "Check the path, and the account this program runs as");
  const info = await Deno.stat(path).catch(() => undefined);
  if (info === undefined) throw unusable("cannot be read");
  if (!info.isFile) throw unusable("is not a file");
  if (info.size > MAX_TEMPLATE_BYTES) throw unusable(`is larger than ${MAX_TEMPLATE_BYTES} bytes`);
  return await Deno.readTextFile(path).catch(() => {
    throw unusable("cannot be read");
  });
}

/** `Name=reference` pairs between semicolons. */
function parseHeaders(text = ""): { name: string; reference: string }[] {
  return text.split(";").map((part) => part.trim()).filter((part) => part !== "").map((part) => {
    const [, name, reference] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*[=:]\s*(.+)$/.exec(part) ?? [];
    if (name === undefined || reference === undefined) {
      throw new UsageError(
        "The webhook's headers are not pairs of a name and a reference",
        "Write Authorization=env:NAME; X-Team=file:/path",
      );
    }
    if (OWN_HEADERS.test(name)) {
      throw new UsageError(`The webhook's header "${name}" is set by this program`, "Leave it out");
    }
    validateCredentialReference(reference);
    return { name, reference };
  });
}
