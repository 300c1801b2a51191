import { anySignal } from "../core/any_signal.ts";
import type { BundleReader } from "../bundle/bundle_reader.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { Analyzer, AnalyzerResult, Finding } from "./analyzer.ts";
import { ParsedFiles } from "./parsed_files.ts";

/** One analyzer of a spec, with its config as the analyzer's schema returned it. */
export interface AnalyzerEntry {
  analyzer: Analyzer;
  config: unknown;
}

export interface RunAnalyzersOptions {
  /** Once aborted, what is left becomes `error` findings that say so. */
  signal: AbortSignal;
  progress?(title: string): void;
  clock?: Clock;
  /** How long one analyzer may take. */
  deadlineMs?: number;
}

const DEADLINE_MS = 60_000;
const MAX_RESULTS = 10_000;
const MAX_MESSAGE = 32_768;

/** Runs analyzers over a bundle, in the order given, one after the other. Never throws for what an analyzer does: a
 * failure is a finding. Each entry yields at least one finding unless its kind says that nothing is to be said. */
export async function* runAnalyzers(
  entries: readonly AnalyzerEntry[],
  bundle: BundleReader,
  options: RunAnalyzersOptions,
): AsyncIterable<Finding> {
  const files = ParsedFiles.of(bundle);
  for (const entry of entries) {
    const finding = findingOf(entry);
    if ((entry.config as { exclude?: boolean }).exclude === true) {
      yield finding({
        outcome: { status: "skipped", reason: "excluded", message: "The spec leaves this analyzer out" },
      });
    } else if (options.signal.aborted) {
      yield finding({ outcome: { status: "error", message: "the run was stopped before this analyzer" } });
    } else {
      options.progress?.(finding({ outcome: { status: "pass", message: "" } }).title);
      yield* evaluate(entry, files, finding, options);
    }
  }
}

async function* evaluate(
  { analyzer, config }: AnalyzerEntry,
  files: ParsedFiles,
  finding: (result: AnalyzerResult) => Finding,
  { signal, clock = systemClock, deadlineMs = DEADLINE_MS }: RunAnalyzersOptions,
): AsyncIterable<Finding> {
  let since = clock.now().getTime();
  const timed = (result: AnalyzerResult): Finding => {
    const began = since;
    since = clock.now().getTime();
    return { ...finding(result), durationMs: since - began };
  };
  const error = (message: string) => timed({ outcome: { status: "error", message } });
  const finished = new AbortController();
  const expired = new AbortController();
  const stop = anySignal(signal, expired.signal);
  const stopped = new Promise<"stopped">((resolve) => {
    stop.addEventListener("abort", () => resolve("stopped"), { once: true, signal: finished.signal });
  });
  let results: AsyncIterator<AnalyzerResult> | undefined;
  clock.sleep(deadlineMs, finished.signal).then(() => finished.signal.aborted || expired.abort());
  try {
    // deno-lint-ignore no-explicit-any -- an entry's config is what its own schema returned
    results = analyzer.analyze(config as any, files.until(stop))[Symbol.asyncIterator]();
    for (let count = 0;; count++) {
      const next = results.next();
      // After a stop nobody waits for this step, so its failure must not go unhandled.
      next.catch(() => {});
      const step = await Promise.race([next, stopped]);
      if (step === "stopped" || stop.aborted) {
        yield error(signal.aborted ? "the run was stopped" : `it took longer than ${deadlineMs / 1000} s`);
        return;
      }
      if (step.done) return;
      if (count === MAX_RESULTS) {
        yield error(`it has more than ${MAX_RESULTS} results; the rest is left out`);
        return;
      }
      yield timed(step.value);
    }
  } catch (thrown) {
    yield error(describeError(thrown));
  } finally {
    finished.abort();
    results?.return?.().catch(() => {});
  }
}

/** Completes the results of one entry. */
function findingOf({ analyzer, config }: AnalyzerEntry): (result: AnalyzerResult) => Finding {
  const { kind, where, icon } = analyzer;
  const strict = (config as { strict?: boolean }).strict === true;
  let title: string;
  try {
    // deno-lint-ignore no-explicit-any -- as above
    title = analyzer.title(config as any);
  } catch {
    title = kind;
  }
  return (result) => {
    const outcome = { ...result.outcome };
    if (outcome.message.length > MAX_MESSAGE) outcome.message = outcome.message.slice(0, MAX_MESSAGE) + "… (cut)";
    const finding: Finding = { title, kind, where, strict, ...result, outcome };
    if (icon !== undefined && finding.icon === undefined) finding.icon = icon;
    return finding;
  };
}
