import { isShortfall, type MissingReason } from "../bundle/entry.ts";
import type { Manifest, MissingRecord } from "../bundle/manifest.ts";
import type { RedactionReport } from "../bundle/redaction_report.ts";
import { cut, textAt } from "./fields.ts";
import { Bounded } from "./tally.ts";

/** What is not in the bundle, by reason, what falls short first. */
export interface MissingData {
  groups: MissingGroup[];
  /** Files that are there, and not to their end. */
  truncated: Bounded<{ path: string; limit: string }>;
  /** The bundle has no manifest: it does not tell all that is missing. */
  unexplained: boolean;
}

export interface MissingGroup extends ReasonWords {
  reason: string;
  shortfall: boolean;
  records: Bounded<{ path: string; collector: string; message: string }>;
}

interface ReasonWords {
  title: string;
  /** What it means. */
  plain: string;
  /** What to do, and the command for it. */
  help?: string;
  command?: string;
}

const MAX_RECORDS = 100;
const MAX_GROUPS = 20;

const WORDS: Record<MissingReason, ReasonWords> = {
  forbidden: {
    title: "Not permitted",
    plain: "The account that collected may not read this.",
    help: "Have an administrator grant what the spec needs, and collect again:",
    command: "support-bundle rbac SPEC | kubectl apply -f -",
  },
  "timed-out": {
    title: "Took too long",
    plain: "A deadline passed before this was had.",
    help: "Allow more time for each collector:",
    command: "support-bundle SPEC --collector-timeout 15m",
  },
  failed: {
    title: "Could not be collected",
    plain: "An attempt was made, and failed. The message says why.",
    help: "Once that is put right, collect again, and watch each step:",
    command: "support-bundle SPEC --debug",
  },
  "too-large": {
    title: "Too large",
    plain: "There was no room for this within the limits of the run.",
    help: "Raise the limit that the message names, such as:",
    command: "support-bundle SPEC --max-file-size 1GB --max-bundle-size 8GB",
  },
  "redaction-failed": {
    title: "Left out for safety",
    plain: "It could not be redacted with certainty, so it is not in the bundle.",
    help: "Where the file is, see which rule stumbles over it:",
    command: "support-bundle redact --explain FILE",
  },
  interrupted: {
    title: "Interrupted",
    plain: "The run was stopped before it came to this.",
    help: "Collect again, and let it come to its end:",
    command: "support-bundle SPEC",
  },
  "not-supported": {
    title: "Not supported",
    plain: "The version that collected does not know this.",
    help: "See which version that is, and try a newer one:",
    command: "support-bundle --version",
  },
  "not-installed": { title: "Not installed", plain: "The cluster does not have what this would tell about." },
  "not-started": { title: "Not started", plain: "Nothing was begun here: the place does not take part." },
  excluded: { title: "Excluded", plain: "The spec says that this is not to be collected." },
  empty: { title: "Empty", plain: "There was nothing to collect." },
};

/** @param redaction, skipped all that bundles of other tools say: `skipped` is the text of `skipped-collectors.json` */
export function readMissing(
  manifest: Manifest | undefined,
  redaction: RedactionReport | undefined,
  skipped: string | undefined,
): MissingData {
  const groups = new Map<string, MissingGroup>();
  for (const record of manifest?.missing ?? [...skippedRecords(skipped), ...leftOutRecords(redaction)]) {
    const [path, collector, message] = [String(record.path), String(record.collector), String(record.message)];
    const reason = String(record.reason) as MissingReason;
    let group = groups.get(reason);
    if (group === undefined) {
      if (groups.size >= MAX_GROUPS) continue;
      const words = Object.hasOwn(WORDS, reason) ? WORDS[reason] : { title: cut(reason, 100), plain: "" };
      groups.set(
        reason,
        group = { ...words, reason, shortfall: isShortfall(reason), records: new Bounded(MAX_RECORDS) },
      );
    }
    group.records.add({ path: cut(path, 300), collector: cut(collector, 200), message: cut(message.trim(), 500) });
  }
  const truncated = new Bounded<{ path: string; limit: string }>(MAX_RECORDS);
  for (const { path, truncated: by } of manifest?.files ?? []) {
    const limit = textAt(by, "limit");
    if (limit !== undefined) truncated.add({ path: cut(path, 300), limit: cut(limit, 200) });
  }
  const order = Object.keys(WORDS);
  const rank = ({ reason }: MissingGroup) => (order.indexOf(reason) + 1) || order.length + 1;
  return {
    groups: [...groups.values()].sort((a, b) => rank(a) - rank(b)),
    truncated,
    unexplained: manifest === undefined,
  };
}

function leftOutRecords(redaction: RedactionReport | undefined): MissingRecord[] {
  return (redaction?.leftOut ?? []).map(({ path, message }) => ({
    path,
    collector: "support-bundle",
    reason: "redaction-failed",
    message,
  }));
}

function skippedRecords(text: string | undefined): MissingRecord[] {
  let list: unknown;
  try {
    list = JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
  return (Array.isArray(list) ? list : []).flatMap((skipped: unknown) => {
    const collector = textAt(skipped, "collector");
    const why = textAt(skipped, "reason");
    if (collector === undefined || why === undefined) return [];
    const reason = /permission|rbac/i.test(why) ? "forbidden" : why === "excluded" ? "excluded" : "failed";
    return [{ path: collector, collector, reason, message: why } satisfies MissingRecord];
  });
}
