/** What a run of the tests comes to. */
export interface TestReport {
  passed: string[];
  failed: string[];
  skipped: SkippedTest[];
}

export interface SkippedTest {
  name: string;
  /** Relative to the project's folder: `tests/upload/s3_test.ts`. */
  file: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Reads the report that `deno test --junit-path` writes. Steps count as tests; a test of which only steps failed does not
 * count beside them. */
export function parseJunit(xml: string): TestReport {
  const report: TestReport = { passed: [], failed: [], skipped: [] };
  for (const [, attributes, body] of xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const name = attribute(attributes!, "name");
    const failure = /<(?:failure|error)\b([^>]*)/.exec(body ?? "");
    if (/<skipped\b/.test(body ?? "")) {
      report.skipped.push({ name, file: attribute(attributes!, "classname").replace(/^\.\//, "") });
    } else if (failure === null) {
      report.passed.push(name);
    } else if (!/^\d+ test steps? failed/.test(attribute(failure[1]!, "message"))) {
      report.failed.push(name);
    }
  }
  return report;
}

function attribute(attributes: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
  return value.replace(/&(?:(\w+)|#(\d+)|#x([0-9a-f]+));/gi, (whole, entity, decimal, hex) => {
    if (entity !== undefined) return ENTITIES[entity] ?? whole;
    return String.fromCodePoint(decimal === undefined ? parseInt(hex, 16) : Number(decimal));
  });
}

/** The skipped tests, grouped by the reason that `why` gives for their file: lines to print. */
export function describeSkipped(skipped: readonly SkippedTest[], why: (file: string) => string): string[] {
  const byReason = Map.groupBy(skipped, (test) => why(test.file));
  const lines: string[] = [];
  for (const [reason, tests] of [...byReason].sort(([a], [b]) => a < b ? -1 : 1)) {
    lines.push(`${tests.length} skipped: ${reason}`);
    for (const { name, file } of tests) lines.push(`  ${file}: ${name}`);
  }
  return lines;
}

/** The last line of a run. */
export function closingLine(report: TestReport): string {
  return `${report.passed.length} passed, ${report.failed.length} failed, ${report.skipped.length} skipped`;
}
