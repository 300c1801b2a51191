import { bundlePath } from "../../../bundle/bundle_path.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { type AnalyzerResult, defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { fileMissing, notJudged, toResult } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { isRecord, recordsOf, textIn } from "../../stored_objects.ts";

const USUAL_PATH = "goldpinger/check_all.json";
const ERROR_PATH = "goldpinger/error.txt";

export const goldpinger = defineAnalyzer({
  kind: "goldpinger",
  where: "cluster",
  summary: "Tells which pods of Goldpinger do not reach each other",
  icon: { key: "kubernetes", uri: "" },
  fields: () => ({
    collectorName: textField(),
    filePath: textField().describe(`Goldpinger's answer in the bundle (default: ${USUAL_PATH})`),
    outcomes: outcomesField().describe("Of no effect"),
  }),
  title: ({ checkName, collectorName }) => checkName || collectorName || "Goldpinger",
  validate: ({ filePath }) => void bundlePath(filePath || USUAL_PATH),
  async *analyze({ filePath, checkName }, bundle) {
    const path = bundlePath(filePath || USUAL_PATH);
    const file = await ParsedFiles.of(bundle).json(path);
    if (file !== undefined) {
      for (const result of judgePings(file, path)) yield checkName ? { ...result, title: checkName } : result;
      return;
    }
    const why = path === USUAL_PATH ? await bundle.readText(ERROR_PATH) : undefined;
    if (why === undefined) yield fileMissing(path);
    else yield notJudged(`Goldpinger was not asked: ${why.trim()}`, { evidence: [{ path: ERROR_PATH }] });
  },
});

/** For each pod, the pings from all others that are missing or failed, or that there are none of those. */
function* judgePings(file: unknown, path: string): Iterable<AnalyzerResult> {
  const evidence = [{ path }];
  const responses = isRecord(file) && isRecord(file.responses) ? file.responses : {};
  const pods = recordsOf(isRecord(file) ? file.hosts : undefined).map((host) => textIn(host, "podName")).filter(
    Boolean,
  );
  if (pods.length === 0) {
    throw new SupportBundleError(`${path} of the bundle names no pods of Goldpinger`, { code: "ANALYZER_INPUT" });
  }
  // A pod that gave no answer at all is among the hosts alone.
  const sources = [...new Set([...Object.keys(responses), ...pods])].sort();
  for (const to of new Set(pods)) {
    let healthy = true;
    for (const from of sources) {
      const result = judgePing(pingOf(responses, from, to), from, to);
      if (result === undefined) continue;
      healthy = false;
      yield { ...result, evidence };
    }
    if (!healthy) continue;
    const message = `Pings to "${to}" pod from all other pods in the cluster succeeded`;
    yield toResult({ status: "pass", message }, { title: `Pings to "${to}" pod succeeded`, evidence });
  }
}

function pingOf(responses: Record<string, unknown>, from: string, to: string): unknown {
  const answer = ["response", "podResults"].reduce<unknown>(
    (at, field) => isRecord(at) ? at[field] : undefined,
    Object.hasOwn(responses, from) ? responses[from] : undefined,
  );
  return isRecord(answer) && Object.hasOwn(answer, to) ? answer[to] : undefined;
}

function judgePing(ping: unknown, from: string, to: string): AnalyzerResult | undefined {
  if (!isRecord(ping)) {
    return toResult({ status: "warn", message: `Ping result for "${to}" pod from "${from}" pod is missing` }, {
      title: `Missing ping results for "${to}" pod`,
    });
  }
  if (ping.OK === true) return undefined;
  return toResult({ status: "fail", message: `Ping error: ${textIn(ping, "error")}` }, {
    title: `Ping from "${from}" pod to "${to}" pod failed`,
  });
}
