import { deepStrictEqual } from "node:assert/strict";
import type { CollectorRecord } from "../../src/bundle/manifest.ts";
import { costReport } from "../../src/pipeline/cost_report.ts";

Deno.test("costReport() names the dearest collector first, and what was asked before them", () => {
  const record = (title: string, durationMs: number, cost: Partial<CollectorRecord> = {}): CollectorRecord => ({
    title,
    kind: "k",
    where: "cluster",
    status: "ok",
    durationMs,
    files: 1,
    bytes: 2,
    ...cost,
  });
  const report = costReport(
    [
      record("quick", 5, { requests: 3, receivedBytes: 30, message: "not repeated here" }),
      record("of the host", 900, { where: "host" }),
      record("slow", 50, { requests: 3, receivedBytes: 50 }),
      record("large", 40, { requests: 80, receivedBytes: 800 }),
    ],
    { whole: { requests: 90, bytes: 1000 }, secretValues: { requests: 1, bytes: 20 } },
    1234,
  );
  deepStrictEqual(report.collectors.map(({ title }) => title), ["large", "slow", "quick", "of the host"]);
  deepStrictEqual(report.collectors[3], {
    title: "of the host",
    kind: "k",
    where: "host",
    status: "ok",
    requests: 0,
    receivedBytes: 0,
    files: 1,
    bytes: 2,
    durationMs: 900,
  });
  const { collectors: _, ...sums } = report;
  deepStrictEqual(sums, {
    schemaVersion: 1,
    requests: 90,
    receivedBytes: 1000,
    durationMs: 1234,
    preparation: { requests: 3, receivedBytes: 100 },
    secretValues: { requests: 1, receivedBytes: 20 },
  });
});
