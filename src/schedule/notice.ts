import * as z from "zod";

/** One run of which one notifier is to be told, until that is done. Kept under its target and the execution's id. */
export const noticeSchema = z.object({
  schemaVersion: z.literal(1).default(1),
  /** Which notifier: see {@linkcode noticeTarget}. */
  target: z.string(),
  /** Of the execution it tells of. */
  id: z.string(),
  /** When there was something to tell. */
  at: z.iso.datetime(),
  /** Where to tell it; absent for a notifier of the settings, which are read when it is told. */
  direct: z.object({
    kind: z.string(),
    url: z.string(),
    secret: z.string().optional(),
    options: z.record(z.string(), z.string()).optional(),
  }).optional(),
  /** A `Notification`, without `earlier`. */
  message: z.looseObject({ events: z.array(z.string()), status: z.string(), summary: z.string() }),
});

export type Notice = z.output<typeof noticeSchema>;

/** As much of a notice as its key says. */
export interface NoticeRef {
  target: string;
  id: string;
  /** Milliseconds since the epoch. */
  atMs: number;
}

/** How it stands with a notifier: what was sent to it, and who is sending. */
export const notifierStateSchema = z.object({
  target: z.string(),
  /** For people, without a secret: `ops`, `webhook at example.org`. */
  label: z.string().default(""),
  kind: z.string().default(""),
  /** Who sends to it now; null: nobody. */
  claim: z.object({ owner: z.string(), until: z.iso.datetime(), fence: z.number().int() }).nullable().default(null),
  /** Ids of the notices in the message that is being sent. Of one whose end is not known: it is sent again as it was, so
   * that the receiver can tell that it has had it. */
  sending: z.array(z.string()).default([]),
  /** When messages were sent in the last hour, oldest first. */
  sentAt: z.array(z.iso.datetime()).default([]),
  lastSuccess: z.iso.datetime().nullable().default(null),
  /** Failed tries since the last success. */
  failures: z.number().int().default(0),
  failingSince: z.iso.datetime().nullable().default(null),
  lastError: z.string().default(""),
  /** Before that, nothing is tried. */
  retryAt: z.iso.datetime().nullable().default(null),
  /** Notices that were dropped because too many waited, not yet told of. */
  dropped: z.number().int().default(0),
});

export type NotifierState = z.output<typeof notifierStateSchema>;

/** What became of telling one notifier of an execution. */
export const toldSchema = z.object({
  /** For people: the notifier's name, or its kind and host. */
  to: z.string(),
  kind: z.string(),
  status: z.enum(["sent", "failed", "given-up"]),
  at: z.iso.datetime(),
  error: z.string().optional(),
});

export type Told = z.output<typeof toldSchema>;

/** Of one execution: as many notices go into one step of the store. */
export const MAX_NOTICES = 20;

const MAX_TOLD = 20;
const MAX_TOLD_ERROR = 300;

/** An execution's notifications with one more, in the place of what was known of that notifier. */
export function withTold(notifications: readonly Told[], told: Told): Told[] {
  const error = told.error?.slice(0, MAX_TOLD_ERROR);
  return [...notifications.filter(({ to }) => to !== told.to), { ...told, error }].slice(-MAX_TOLD);
}

const NAMED = "named:";

/** The key of a notifier of the settings. */
export function namedTarget(name: string): string {
  return NAMED + name;
}

/** @returns the name in a {@linkcode namedTarget}; undefined for one that a job says itself */
export function nameOfTarget(target: string): string | undefined {
  return target.startsWith(NAMED) ? target.slice(NAMED.length) : undefined;
}
