import { DetectorSet } from "../../src/leak_gate/detector_set.ts";
import { LayeredScanner } from "../../src/leak_gate/layers.ts";
import { KnownValues } from "../../src/leak_gate/known_values.ts";
import { detectors } from "../../src/leak_gate/registry.ts";

const set = new DetectorSet(detectors);
const encoder = new TextEncoder();
const withoutKnown = new LayeredScanner({ detectors: set, countLines: true });

/** What the gate finds in a text, as `detector: the text at that place`. For tests alone: the gate itself tells the place. */
export function findIn(text: string, known: (string | Uint8Array)[] = [], chunkBytes = Infinity): string[] {
  const bytes = encoder.encode(text);
  const scanner = known.length === 0
    ? withoutKnown
    : new LayeredScanner({ detectors: set, known: KnownValues.of(known), countLines: true });
  for (let at = 0; at < bytes.length; at += chunkBytes) scanner.push(bytes.subarray(at, at + chunkBytes));
  const lines = new TextDecoder("latin1").decode(bytes).split("\n");
  return scanner.end().map(({ what, line, column, length }) => {
    const from = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
    return `${what}: ${new TextDecoder().decode(bytes.subarray(from, from + length))}`;
  });
}
