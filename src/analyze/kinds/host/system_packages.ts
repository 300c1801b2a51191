import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type AnalyzerResult, defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { type HostData, judgeHostData, listIn, textOf } from "../../host_data.ts";
import { noOutcomeMatched, notJudged } from "../../outcome_engine.ts";
import { compileTemplate } from "../../template/template.ts";
import { judgeTemplated, type TemplatedOutcome, templatedOutcomes } from "../../templated_outcomes.ts";
import { type Condition, tryParseBool } from "../../when.ts";

export const systemPackages = defineAnalyzer({
  kind: "systemPackages",
  where: "host",
  summary: "Judges packages of the operating system",
  fields: () => ({
    collectorName: textField().describe("Name of the systemPackages collector"),
    outcomes: outcomesField().describe(
      "when and message are templates that know .Name .IsInstalled .OS .OSVersion .OSVersionMajor .OSVersionMinor " +
        ".Error .ExitCode, and what the package manager tells: .Version",
    ),
  }),
  title,
  validate(config) {
    pathOf(config);
    templatedOutcomes(config.outcomes, templateCondition);
  },
  analyze(config, bundle) {
    const outcomes = templatedOutcomes(config.outcomes, templateCondition);
    return judgeHostData(bundle, pathOf(config), title(config), (data) => {
      const packages = listIn({ ...data, value: data.value.packages ?? null }, "packages");
      const what = `${data.path}, in which there are no packages`;
      if (packages.length === 0) return noOutcomeMatched(what, { evidence: [{ path: data.path }] });
      return packages.map((item) => judgePackage(outcomes, data, item));
    });
  },
});

function title({ checkName }: { checkName?: string }): string {
  return checkName || "System Packages";
}

function pathOf({ collectorName }: { collectorName?: string }): string {
  return bundlePath("system", `${collectorName || "packages"}-packages.json`);
}

type PackageFacts = Record<string, unknown>;

/** A template that renders to true or false.
 * @throws {SpecConditionError} */
function templateCondition(when: string): Condition<PackageFacts> {
  const template = compileTemplate(when);
  if (!when.includes("{{") && tryParseBool(when) === undefined) {
    throw badWhen(when, "it is neither true nor false", "Write a template such as {{ not .IsInstalled }}");
  }
  return (facts) => {
    const rendered = template.render(facts).trim();
    const holds = tryParseBool(rendered);
    if (holds !== undefined) return holds;
    throw new Error(`"${when}" gave "${rendered.slice(0, 100)}" for ${facts.Name}, which is neither true nor false`);
  };
}

function judgePackage(outcomes: TemplatedOutcome<PackageFacts>[], os: HostData, item: HostData): AnalyzerResult {
  const more = { evidence: [{ path: os.path }] };
  try {
    const facts = factsOf(os, item);
    const what = `the package ${facts.Name}, which ${facts.IsInstalled ? "is" : "is not"} installed`;
    return judgeTemplated(outcomes, facts, facts, what, more);
  } catch (error) {
    return notJudged(error, more);
  }
}

/** What templates know of a package. */
function factsOf(os: HostData, item: HostData): PackageFacts {
  const details = String(item.value.details ?? "");
  const error = String(item.value.error ?? "");
  const exitCode = String(item.value.exitCode ?? "");
  const version = textOf(os, "osVersion");
  const [, major, minor] = /^(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  return {
    ...detailFields(details),
    OS: textOf(os, "os"),
    OSVersion: version,
    OSVersionMajor: Number(major ?? 0),
    OSVersionMinor: Number(minor ?? 0),
    Name: textOf(item, "name"),
    Error: error,
    ExitCode: exitCode,
    IsInstalled: error === "" && exitCode === "0" && !/not installed|No matching Packages/.test(details),
  };
}

/** The lines `Key: value` of what dpkg or rpm wrote: `Installed-Size: 12` is InstalledSize. */
function detailFields(details: string): Record<string, string> {
  const fields: [string, string][] = [];
  for (const line of details.split("\n")) {
    const colon = line.indexOf(":");
    const value = line.slice(colon + 1).trim();
    if (colon > 0 && /^[A-Z]/.test(line) && value !== "") {
      fields.push([line.slice(0, colon).replace(/[\s-]/g, ""), value]);
    }
  }
  return Object.fromEntries(fields);
}
