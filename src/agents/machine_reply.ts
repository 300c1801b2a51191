import * as z from "zod";
import type { Explanation, Remediation } from "./agent.ts";
import { plainText } from "./plain_text.ts";

const MAX_TEXT = 2000;
const MAX_LINE = 500;
const MAX_INSIGHTS = 5;

/** A text of a machine, made plain; other things, and texts with nothing in them, are absent. */
const text = (max: number) =>
  z.unknown().transform((value) => typeof value === "string" ? plainText(value, max) || undefined : undefined);

const remediationSchema: z.ZodType<Remediation | undefined> = z.preprocess(
  (value) => typeof value === "string" ? { description: value } : lowerKeys(value),
  z.object({
    description: text(MAX_LINE),
    action: text(MAX_LINE),
    command: text(MAX_LINE),
    documentation: text(MAX_LINE).transform((link) =>
      link !== undefined && /^https:\/\/\S+$/.test(link) ? link : undefined
    ),
    priority: z.coerce.number().int().min(1).max(100).optional().catch(undefined),
  }).partial().transform(({ description, ...rest }) => {
    const said = description ?? rest.action ?? rest.command;
    return said === undefined ? undefined : withoutAbsent({ description: said, ...rest });
  }).optional().catch(undefined),
);

/** What a machine says of one finding: its `status` is not read, the verdict is the analyzers'. */
export const machineReplySchema = z.preprocess(
  lowerKeys,
  z.object({
    message: text(MAX_TEXT),
    insights: z.preprocess(
      (value) => typeof value === "string" ? [value] : value,
      z.array(text(MAX_LINE)).transform((all) =>
        [...new Set(all.filter((insight) => insight !== undefined))].slice(0, MAX_INSIGHTS)
      ).optional().catch(undefined),
    ),
    remediation: remediationSchema,
  }).partial().transform(({ message, insights, remediation }, context) => {
    const said = message ?? insights?.[0] ?? remediation?.description;
    if (said === undefined) {
      context.addIssue({ code: "custom", message: "it says nothing" });
      return z.NEVER;
    }
    return withoutAbsent<Pick<Explanation, "text" | "insights" | "remediation">>({
      text: said,
      insights: insights?.length === 0 ? undefined : insights,
      remediation,
    });
  }),
);

/** Reads the free text of a language model: the JSON between its first and last brace, with keys in any case; without braces,
 * the text itself, what is behind `Message:` where there is such a line.
 * @returns undefined when nothing can be made of it */
export function readModelText(reply: string): Pick<Explanation, "text" | "insights" | "remediation"> | undefined {
  const from = reply.indexOf("{"), to = reply.lastIndexOf("}");
  if (from < 0 && to < 0) {
    const message = /^\W*message\b[^\w\n]*:[\s*_]*(.+)$/im.exec(reply.slice(0, 20_000))?.[1] ?? reply;
    const said = plainText(message, MAX_TEXT);
    return /\p{L}{2,}\s+\p{L}{2,}/u.test(said) ? { text: said } : undefined;
  }
  try {
    return machineReplySchema.safeParse(JSON.parse(reply.slice(from, to + 1))).data;
  } catch {
    return undefined;
  }
}

function lowerKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), inner]));
}

function withoutAbsent<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}
