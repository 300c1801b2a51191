import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { type HostData, judgeHostData, textOf } from "../../host_data.ts";
import { judge, readOutcomes } from "../../outcome_engine.ts";
import { parseSemverRange, type Range, tryParseVersion, type Version } from "../../semver_range.ts";
import { type Condition, words } from "../../when.ts";

export const hostOS = defineAnalyzer({
  kind: "hostOS",
  where: "host",
  summary: "Compares the operating system and its kernel with versions",
  fields: () => ({
    collectorName: textField(),
    outcomes: outcomesField().describe("when: ubuntu >= 22.04, kernelVersion < 5.4, centos = 7 || = 8"),
  }),
  title,
  validate: ({ outcomes }) => void readOutcomes(outcomes, osCondition),
  analyze(config, bundle) {
    const outcomes = readOutcomes(config.outcomes, osCondition);
    return judgeHostData(bundle, "system/hostos_info.json", title(config), (data) => {
      const { platform, platformVersion, kernelVersion } = data.value;
      const what = JSON.stringify({ platform, platformVersion, kernelVersion });
      return judge(outcomes, data, what, { evidence: [{ path: data.path }] });
    });
  },
});

function title({ checkName }: { checkName?: string }): string {
  return checkName || "Host OS Info";
}

const HINT = "Write it as ubuntu >= 22.04, rhel = 8 || = 9, kernelVersion >= 5.4 or ubuntu-22.04-kernel >= 5.15";

/** `<subject> <op> <version>`, then any number of `|| <op> <version>` and `&& <op> <version>`; AND binds closer. */
function osCondition(when: string): Condition<HostData> {
  const parts = words(when);
  if (parts.length === 0 || parts.length % 3 !== 0) {
    throw badWhen(when, "it is not made of a name, operators and versions", HINT);
  }
  const alternatives: Range[][] = [[]];
  for (let i = 0; i < parts.length; i += 3) {
    const [link, operator, version] = parts.slice(i, i + 3) as [string, string, string];
    if (i > 0 && link !== "||" && link !== "&&") throw badWhen(when, `"${link}" stands where || or && should`, HINT);
    if (i > 0 && link === "||") alternatives.push([]);
    alternatives.at(-1)!.push(comparator(operator, version, when));
  }
  const subject = parts[0]!;
  return (data) => {
    const text = versionOf(subject, data);
    if (text === undefined) return false;
    const version = looseVersion(text);
    if (version === undefined) throw new Error(`the version "${text}" of ${subject} cannot be compared`);
    return alternatives.some((all) => all.every((test) => test(version)));
  };
}

function comparator(operator: string, text: string, when: string): Range {
  const version = /^\d+(?:\.\d+)*\.[xX*]/.test(text) ? undefined : looseVersion(text);
  if (version === undefined) throw badWhen(when, `"${text}" is not a version`, HINT);
  if (!/^[<>=!]+$/.test(operator)) throw badWhen(when, `"${operator}" is not an operator for versions`, HINT);
  return parseSemverRange(`${operator} ${version.text}`);
}

/** The version that the subject stands for on this host; undefined when it is another system's. */
function versionOf(subject: string, data: HostData): string | undefined {
  if (subject === "kernelVersion") return textOf(data, "kernelVersion");
  const [platform, family, version] = ["platform", "platformFamily", "platformVersion"].map((f) => textOf(data, f));
  if (subject === `${platform}-${version}-kernel`) return textOf(data, "kernelVersion");
  return subject === platform || subject === family ? version : undefined;
}

/** The numbers that a version starts with, at most three: `22.04` → `22.4.0`, `5.15.0-91-generic` → `5.15.0`. */
function looseVersion(text: string): Version | undefined {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text);
  if (match === null) return undefined;
  return tryParseVersion(match.slice(1).map((part) => Number(part ?? 0)).join("."));
}
