/** How often a rule hid something. */
export interface RedactionCount {
  rule: string;
  /** False for the rules of custom redactors. */
  builtIn: boolean;
  count: number;
  /** Bytes that are no longer there. */
  bytesHidden: number;
}

/** `execution-data/redaction.json`: what was hidden, by rule and by file. Counts only, never values. */
export interface RedactionReport {
  schemaVersion: 1;
  tool: { name: "support-bundle"; version: string };
  /** RFC 3339, UTC. */
  redactedAt: string;
  /** `files`: those in which something was hidden. */
  totals: { files: number; count: number; bytesHidden: number; leftOut: number };
  /** Most first. */
  rules: (RedactionCount & { files: number })[];
  /** By path; those in which nothing was hidden are not listed. */
  files: { path: string; redactions: RedactionCount[] }[];
  /** What is not in the bundle, since it could not be redacted or must not be unpacked. */
  leftOut: { path: string; message: string }[];
}

/** Gathers what was hidden, file by file. */
export class RedactionLog {
  readonly #files = new Map<string, RedactionCount[]>();
  readonly #leftOut = new Map<string, string>();

  /** A later file of the same path replaces the earlier one. */
  add(path: string, redactions: readonly RedactionCount[]): void {
    this.#leftOut.delete(path);
    if (redactions.length === 0) this.#files.delete(path);
    else this.#files.set(path, redactions.map((redaction) => ({ ...redaction })));
  }

  leaveOut(path: string, message: string): void {
    this.#files.delete(path);
    this.#leftOut.set(path, message);
  }

  /** Adds what an earlier report says of the same bundle: what was hidden then is hidden still. */
  addEarlier(report: RedactionReport): void {
    for (const { path, redactions } of report.files) {
      const counts = this.#files.get(path) ?? [];
      for (const { rule, builtIn, count, bytesHidden } of redactions) {
        const known = counts.find((one) => one.rule === rule && one.builtIn === builtIn);
        if (known === undefined) counts.push({ rule, builtIn, count, bytesHidden });
        else {
          known.count += count;
          known.bytesHidden += bytesHidden;
        }
      }
      if (!this.#leftOut.has(path)) this.#files.set(path, counts);
    }
    for (const { path, message } of report.leftOut) if (!this.#leftOut.has(path)) this.#leftOut.set(path, message);
  }

  /** How often each rule hid something, over all files. */
  totals(): Record<string, number> {
    const totals: Record<string, number> = {};
    for (const { rule, count } of [...this.#files.values()].flat()) totals[rule] = (totals[rule] ?? 0) + count;
    return totals;
  }

  get leftOut(): number {
    return this.#leftOut.size;
  }

  report(version: string, now: Date): RedactionReport {
    const rules = new Map<string, RedactionCount & { files: number }>();
    for (const redactions of this.#files.values()) {
      for (const { rule, builtIn, count, bytesHidden } of redactions) {
        const total = rules.get(rule) ?? { rule, builtIn, count: 0, bytesHidden: 0, files: 0 };
        total.count += count;
        total.bytesHidden += bytesHidden;
        total.files++;
        rules.set(rule, total);
      }
    }
    const sum = (key: "count" | "bytesHidden") => [...rules.values()].reduce((total, rule) => total + rule[key], 0);
    return {
      schemaVersion: 1,
      tool: { name: "support-bundle", version },
      redactedAt: now.toISOString(),
      totals: {
        files: this.#files.size,
        count: sum("count"),
        bytesHidden: sum("bytesHidden"),
        leftOut: this.#leftOut.size,
      },
      rules: [...rules.values()].sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1)),
      files: [...this.#files].map(([path, redactions]) => ({ path, redactions }))
        .sort((a, b) => a.path < b.path ? -1 : 1),
      leftOut: [...this.#leftOut].map(([path, message]) => ({ path, message })),
    };
  }
}
