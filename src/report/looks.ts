import { type Look, SHAPES } from "../core/html_look.ts";
import type { FindingGroup } from "./findings_data.ts";
import type { Lane } from "./timeline_data.ts";

export const FINDING_LOOKS: Record<FindingGroup, Look> = {
  fail: { tone: "bad", shape: SHAPES.cross, word: "problem" },
  warn: { tone: "warn", shape: SHAPES.diamond, word: "warning" },
  error: { tone: "held", shape: SHAPES.square, word: "not evaluated" },
  skipped: { tone: "calm", shape: SHAPES.ring, word: "not judged" },
  pass: { tone: "good", shape: SHAPES.disc, word: "passed" },
};

export const LANE_LOOKS: Record<Lane, Look> = {
  warning: { tone: "warn", shape: SHAPES.diamond, word: "warning" },
  ended: { tone: "bad", shape: SHAPES.cross, word: "container ended" },
  normal: { tone: "calm", shape: SHAPES.disc, word: "event" },
};

export const SHORTFALL: Look = { tone: "warn", shape: SHAPES.diamond, word: "falls short" };
export const EXPECTED: Look = { tone: "calm", shape: SHAPES.ring, word: "as expected" };
