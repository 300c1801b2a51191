import { SupportBundleError } from "../../../core/errors.ts";
import { type AnalyzerResult, defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { bundleGlob } from "../../bundle_glob.ts";
import { requiredText } from "../../condition_error.ts";
import { fileMissing, notJudged, toResult } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { isRecord, recordsOf, textIn } from "../../stored_objects.ts";

const FULL_FROM = 0.85;

export const weaveReport = defineAnalyzer({
  kind: "weaveReport",
  where: "cluster",
  summary: "Finds what is wrong in the reports of Weave Net",
  fields: () => ({
    reportFileGlob: textField().describe("Reports of Weave in the bundle; may have * and ?"),
    outcomes: outcomesField().describe("Of no effect"),
  }),
  title: ({ checkName }) => checkName || "Weave Report",
  validate: (config) => void globOf(config),
  async *analyze(config, bundle) {
    const glob = globOf(config);
    const files = ParsedFiles.of(bundle);
    const paths = await files.find(glob);
    if (paths.length === 0) yield fileMissing(glob);
    const titled = (result: AnalyzerResult) => config.checkName ? { ...result, title: config.checkName } : result;
    // Of each check the first problem is told: all of them would be one for each pair of nodes.
    const found = new Map<string, AnalyzerResult>();
    let unread = paths.length;
    for (const path of paths) {
      try {
        for (const { check, ...result } of problemsOf(await files.json(path), path)) {
          if (!found.has(check)) found.set(check, result);
        }
        unread--;
      } catch (error) {
        yield notJudged(error, { evidence: [{ path }] });
      }
    }
    for (const check of Object.keys(TITLES)) if (found.has(check)) yield titled(found.get(check)!);
    if (paths.length > 0 && unread === 0 && found.size === 0) {
      yield toResult({ status: "pass", message: "No issues detected in weave report" }, {
        evidence: paths.map((path) => ({ path })),
      });
    }
  },
});

/** @throws {SpecConditionError} when there is none */
function globOf({ reportFileGlob }: { reportFileGlob?: string }): string {
  return bundleGlob(requiredText(reportFileGlob, "reportFileGlob"));
}

/** The checks, in the order in which they are told. */
const TITLES = {
  addresses: "Available Pod IPs",
  pending: "Pending IP Allocation",
  state: "Weave Inter-Node Connections",
  protocol: "Weave Inter-Node Connections",
};

interface Problem extends AnalyzerResult {
  check: keyof typeof TITLES;
}

function* problemsOf(report: unknown, path: string): Iterable<Problem> {
  const { IPAM: ipam, Router: router } = isRecord(report) ? report : {};
  if (!isRecord(router)) {
    throw new SupportBundleError(`${path} of the bundle is no report of Weave`, { code: "ANALYZER_INPUT" });
  }
  const problem = (check: Problem["check"], message: string): Problem => ({
    check,
    ...toResult({ status: "warn", message }, { title: TITLES[check], evidence: [{ path }] }),
  });
  const { ActiveIPs: used, RangeNumIPs: all, PendingAllocates: pending } = isRecord(ipam) ? ipam : {};
  if (typeof used === "number" && typeof all === "number" && all > 0 && used / all >= FULL_FROM) {
    yield problem("addresses", `${used} of ${all} total available IPs have been assigned`);
  }
  if (Array.isArray(pending) && pending.length > 0) {
    yield problem("pending", "Waiting for IPs to become available");
  }
  const host = textIn(router, "NickName");
  for (const connection of recordsOf(router.Connections)) {
    const [state, info, protocol] = [textIn(connection, "State"), textIn(connection, "Info")]
      .concat(textIn(connection, "Attrs", "name")) as [string, string, string];
    if (info.startsWith("cannot connect to ourself")) continue;
    const peer = /\(([^()]*)\)\s*$/.exec(info)?.[1] ?? "peer";
    if (state !== "established") yield problem("state", `Connection from ${host} to ${peer} is ${state}`);
    if (protocol !== "" && protocol !== "fastdp") {
      yield problem("protocol", `Connection from ${host} to ${peer} protocol is "${protocol}", not fastdp`);
    }
  }
}
