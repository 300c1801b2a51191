import { strictEqual } from "node:assert/strict";
import { relativeTime, shortRelativeTime, spanText, wallTime } from "../../../src/cli/render/time.ts";

const now = new Date("2026-03-02T10:00:00Z");
const S = 1000, M = 60 * S, H = 60 * M, D = 24 * H;

const relative = [
  // offset, long, short
  [400, "now", "now"],
  [30 * S, "in 30 s", "in 30s"],
  [-59.6 * S, "1 min ago", "1m ago"],
  [5 * M, "in 5 min", "in 5m"],
  [-59 * M - 40 * S, "1 h ago", "1h ago"],
  [16 * H, "in 16 h", "in 16h"],
  [-3 * D, "3 d ago", "3d ago"],
  [400 * D, "in 400 d", "in 400d"],
] as const;
for (const [ms, long, short] of relative) {
  Deno.test(`relativeTime() ${ms} ms away is "${long}"`, () => {
    strictEqual(relativeTime(new Date(now.getTime() + ms), now), long);
    strictEqual(shortRelativeTime(new Date(now.getTime() + ms), now), short);
  });
}

const spans = [
  [0, "0 ms"],
  [850, "850 ms"],
  [12_340, "12.3 s"],
  [59_990, "1 min"],
  [4 * M + 10 * S, "4 min 10 s"],
  [3 * H + 5 * M, "3 h 5 min"],
  [12 * D, "12 d"],
] as const;
for (const [ms, text] of spans) Deno.test(`spanText() ${ms} ms is "${text}"`, () => strictEqual(spanText(ms), text));

const walls = [
  ["2026-03-29T00:30:00Z", "Europe/Berlin", "2026-03-29 01:30 GMT+1"],
  ["2026-03-29T01:30:00Z", "Europe/Berlin", "2026-03-29 03:30 GMT+2"],
  ["2026-03-29T01:30:15Z", "UTC", "2026-03-29 01:30:15 UTC"],
] as const;
for (const [at, zone, text] of walls) {
  Deno.test(`wallTime() shows ${at} in ${zone} with its offset`, () => {
    const shown = wallTime(new Date(at), zone).replace("CEST", "GMT+2").replace("CET", "GMT+1");
    strictEqual(shown, text);
  });
}
