import { validateCredentialReference } from "../../core/credential_reference.ts";
import { parseDuration } from "../../core/duration.ts";
import { UsageError } from "../../core/errors.ts";
import { httpPost } from "../http_post.ts";
import { jobState, sinceLastTold } from "../job_state.ts";
import { messageText, oneLine, plainText } from "../message_text.ts";
import type { Notification, NotifiedFinding, Notifier, NotifyContext, NotifyTarget } from "../notifier.ts";
import { targetUrl, validateTargetUrl } from "../target_url.ts";

export const FAILED = "SupportBundleFailed";
export const FINDING = "SupportBundleFinding";

const ALERTS = "/api/v2/alerts";
const DEFAULT_LASTS = "7d";
const LABEL_CHARS = 200;
const SEVERITIES = { fail: "critical", warn: "warning" } as const;

/** Alerts of Prometheus' Alertmanager: one while runs of a job fail, and one for each finding.
 * @see https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml */
export const alertmanager: Notifier = {
  kind: "alertmanager",
  summary: "Prometheus' Alertmanager (alertmanager:http://host:9093): alerts that fire and are resolved",

  options: {
    labels: "Further labels of each alert: cluster=prod; team=storage",
    lasts: `How long an alert fires that is neither told again nor resolved; default: ${DEFAULT_LASTS}`,
    user: "With a secret: the user of basic authentication; without: the secret is a bearer token",
  },
  defaultOn: ["failure", "quarantined", "recovery", "new-findings", "fixed-findings"],
  perJob: true,

  validate({ url, secret, options = {} }: NotifyTarget): void {
    validateTargetUrl(url, "Alertmanager");
    if (secret !== undefined) validateCredentialReference(secret);
    if (options.user !== undefined && secret === undefined) {
      throw new UsageError("The Alertmanager's user has no password", "Name it by reference, as the notifier's secret");
    }
    if (options.user !== undefined && /[:\p{Cc}]/u.test(options.user)) {
      throw new UsageError(
        "The Alertmanager's user has a character that no user has",
        "Leave out : and control characters",
      );
    }
    parseLabels(options.labels);
    if (parseDuration(options.lasts ?? DEFAULT_LASTS, "The Alertmanager's option lasts") < 60_000) {
      throw new UsageError(
        "The Alertmanager's option lasts is less than a minute",
        "Write 7d, or how often the job runs",
      );
    }
  },

  async notify(told: Notification, target: NotifyTarget, context: NotifyContext): Promise<void> {
    const message = sinceLastTold(told, target);
    const url = await targetUrl(target, "Alertmanager", context);
    if (!url.pathname.endsWith(ALERTS)) url.pathname = url.pathname.replace(/\/+$/, "") + ALERTS;
    const secret = target.secret === undefined ? undefined : await context.secret(target.secret);
    const authorization: Record<string, string> = secret === undefined
      ? {}
      : { Authorization: authorizationOf(secret, target.options?.user) };
    const post = {
      who: "The Alertmanager",
      secrets: [...(secret === undefined ? [] : [secret]), ...Object.values(authorization)],
      headers: () => ({ "Content-Type": "application/json", ...authorization }),
      reason: (body: string) => body.replace(/^"|"\s*$/g, ""),
    };
    const options = target.options ?? {};
    const alerts = alertsOf(message, options);
    const over = overBy(message);
    if (over !== undefined) {
      // Only what fires is ended: of others it would tell its receivers that something is over which they never heard of.
      const query = new URL(url);
      for (const [name, value] of Object.entries(labelsOf(message, options))) {
        query.searchParams.append("filter", `${name}=${JSON.stringify(value)}`);
      }
      const firing = await httpPost({ ...post, url: query, method: "GET" }, context);
      alerts.push(
        ...parseAlerts(firing).filter(({ labels }) => over(labels)).map((alert) => ({
          ...alert,
          endsAt: message.sentAt,
        })),
      );
    }
    if (alerts.length > 0) await httpPost({ ...post, url, body: JSON.stringify(alerts) }, context);
  },
};

export interface Alert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt?: string;
  endsAt: string;
  generatorURL?: string;
}

/** The alerts that a message makes fire. */
export function alertsOf(message: Notification, options: Readonly<Record<string, string>>): Alert[] {
  const text = messageText(message);
  const now = new Date(message.sentAt);
  const rest = {
    startsAt: now.toISOString(),
    endsAt: new Date(now.getTime() + parseDuration(options.lasts ?? DEFAULT_LASTS, "lasts")).toISOString(),
    ...(text.bundle?.href === undefined ? {} : { generatorURL: text.bundle.href }),
  };
  const common = {
    host: oneLine(message.host, LABEL_CHARS),
    ...(text.bundle === undefined ? {} : { bundle: text.bundle.where }),
  };
  const labels = labelsOf(message, options);
  const alerts: Alert[] = [];
  const state = jobState(message);
  if (state.runs === "fails") {
    alerts.push({
      labels: { ...labels, alertname: FAILED, severity: "critical" },
      annotations: { summary: text.title, ...common, description: plainText(text) },
      ...rest,
    });
  }
  const appeared = state.findings === "new" ? message.newFindings : [];
  const findings = new Map(appeared.map((finding) => [findingLabel(finding), finding]));
  for (const [finding, { title, message: said, severity, evidence }] of findings) {
    const summary = oneLine(`${message.job?.name ?? "support-bundle"}: ${title}`, 2 * LABEL_CHARS);
    alerts.push({
      labels: { ...labels, alertname: FINDING, finding, severity: SEVERITIES[severity] },
      annotations: {
        summary,
        ...common,
        description: oneLine(said, 500),
        ...(evidence === undefined ? {} : { evidence: oneLine(evidence, LABEL_CHARS) }),
      },
      ...rest,
    });
  }
  return alerts;
}

/** Tells of an alert of the job, by its labels, whether a message ends it.
 * @returns undefined when it can end none */
export function overBy(message: Notification): ((labels: Record<string, string>) => boolean) | undefined {
  const { runs, findings } = jobState(message);
  const appeared = new Map(message.newFindings.map((finding) => [findingLabel(finding), SEVERITIES[finding.severity]]));
  const fixed = new Set(message.fixedFindings.map(findingLabel));
  // Also what was told before a run that failed: the run after it has nothing to compare with.
  const nothing = findings === "none" && message.findings.warn === 0;
  if (runs !== "works" && appeared.size + fixed.size === 0) return undefined;
  return ({ alertname, finding = "", severity }) => {
    if (alertname === FAILED) return runs === "works";
    if (alertname !== FINDING) return false;
    // A warning that became a failure fires under another label.
    return appeared.has(finding) ? appeared.get(finding) !== severity : nothing || fixed.has(finding);
  };
}

function findingLabel({ title }: NotifiedFinding): string {
  return oneLine(title, LABEL_CHARS);
}

function parseAlerts(text: string): Pick<Alert, "labels" | "annotations">[] {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(found)) return [];
  return found.flatMap(({ labels, annotations }) =>
    isTexts(labels) ? [{ labels, annotations: isTexts(annotations) ? annotations : {} }] : []
  );
}

function isTexts(value: unknown): value is Record<string, string> {
  return typeof value === "object" && value !== null && Object.values(value).every((each) => typeof each === "string");
}

/** What all alerts of a job have. */
function labelsOf({ job }: Notification, options: Readonly<Record<string, string>>): Record<string, string> {
  return {
    ...parseLabels(options.labels),
    job: oneLine(job?.name ?? "support-bundle", LABEL_CHARS),
    ...(job === undefined ? {} : { job_id: job.id }),
  };
}

/** `name=value` pairs between semicolons. */
function parseLabels(text = ""): Record<string, string> {
  const pairs = text.split(";").map((part) => part.trim()).filter((part) => part !== "").map((part) => {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.+)$/.exec(part) ?? [];
    if (name === undefined || value === undefined) {
      throw new UsageError(
        "The Alertmanager's labels are not pairs of a name and a value",
        "Write cluster=prod; team=x",
      );
    }
    return [name, oneLine(value, LABEL_CHARS)] as const;
  });
  return Object.fromEntries(pairs);
}

function authorizationOf(secret: string, user: string | undefined): string {
  if (user === undefined) return `Bearer ${secret}`;
  return `Basic ${new TextEncoder().encode(`${user}:${secret}`).toBase64()}`;
}
