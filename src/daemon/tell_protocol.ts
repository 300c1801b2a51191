import * as z from "zod";
import { NOTIFY_EVENTS } from "../notify/notifier.ts";

const targetSchema = z.object({
  kind: z.string(),
  url: z.string(),
  on: z.array(z.enum(NOTIFY_EVENTS)).optional(),
  secret: z.string().optional(),
  options: z.record(z.string(), z.string()).optional(),
});

/** What the child that sends notifications is told, as one line of JSON. */
export const tellRequestSchema = z.object({
  items: z.array(z.object({
    /** Stands for the item in its result. */
    key: z.string(),
    target: targetSchema,
    /** A `Notification`. */
    message: z.looseObject({ events: z.array(z.enum(NOTIFY_EVENTS)), status: z.string(), summary: z.string() })
      .optional(),
    deliveryId: z.string().optional(),
    /** A `StartedRun`, in place of a message. */
    started: z.looseObject({ startedAt: z.string(), host: z.string() }).optional(),
  })),
});

export type TellRequest = z.output<typeof tellRequestSchema>;
export type TellItem = TellRequest["items"][number];

/** What it says, one JSON object a line: how each item went, as soon as that is known. */
export const tellResultSchema = z.object({
  type: z.literal("result"),
  key: z.string(),
  /** What went wrong; absent when nothing did. */
  failure: z.object({ code: z.string(), message: z.string() }).optional(),
});

export type TellResult = z.output<typeof tellResultSchema>;
