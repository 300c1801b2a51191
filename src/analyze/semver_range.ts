import compare from "semver/functions/compare.js";
import parse from "semver/functions/parse.js";
import { badWhen } from "./condition_error.ts";
import { compares, type Comparison } from "./when.ts";

/** A version as conditions compare it. */
export interface Version {
  /** `MAJOR.MINOR.PATCH`, with `-pre` where it has one; build metadata is gone. */
  text: string;
  core: string;
  /** Its suffix names the vendor's build of a release (`1.27.3-gke.100`), not something before the release. Against a
   * condition without a suffix such a version counts as the release. */
  vendorBuild: boolean;
}

/** True when the version is inside the range. */
export type Range = (version: Version) => boolean;

/** Reads a strict semantic version, without a leading `v`. */
export function tryParseVersion(text: string): Version | undefined {
  const parsed = parse(text);
  if (parsed === null) return undefined;
  const core = `${parsed.major}.${parsed.minor}.${parsed.patch}`;
  return { text: parsed.version, core, vendorBuild: false };
}

/** Reads the version of a cluster: `v1.27.3`, `v1.27.3+k3s1`, `v1.27.3-eks-a5565ad`, `v1.27.3-gke.100`,
 * `v1.28.0-rc.1`. */
export function tryParseClusterVersion(text: string): Version | undefined {
  const version = tryParseVersion(text.trim().replace(/^v+/, ""));
  if (version === undefined) return undefined;
  const suffix = version.text.slice(version.core.length + 1);
  return { ...version, vendorBuild: suffix !== "" && !/^(alpha|beta|rc)\b/i.test(suffix) };
}

const OPERATORS: Record<string, Comparison> = {
  "": "=",
  "=": "=",
  "==": "=",
  "!": "!=",
  "!=": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};

const HINT =
  "Write ranges such as >= 1.27.0, >=1.25.0 <1.30.0, 1.27.x || 1.28.x: full versions, AND as a space, OR as ||";

/** Reads a range: comparators joined by blanks (AND) and `||` (OR), with wildcards for minor and patch.
 * @throws {SpecConditionError} */
export function parseSemverRange(text: string): Range {
  const alternatives = text.split("||").map((part) => comparators(part, text));
  return (version) => alternatives.some((all) => all.every((test) => test(version)));
}

function comparators(part: string, range: string): Range[] {
  const tests: Range[] = [];
  const token = /\s*([^\s\w.*]*)\s*([^\s<>=!|]*)\s*/y;
  for (let at = 0; at < part.length; at = token.lastIndex) {
    token.lastIndex = at;
    const [all, operator, version] = token.exec(part)!;
    if (all!.length === 0) break;
    if (operator === "" && version === "") continue;
    tests.push(comparator(operator!, version!, range));
  }
  if (tests.length === 0) throw badWhen(range, "a version is missing", HINT);
  return tests;
}

function comparator(operatorText: string, versionText: string, range: string): Range {
  const operator = Object.hasOwn(OPERATORS, operatorText) ? OPERATORS[operatorText]! : undefined;
  if (operator === undefined) throw badWhen(range, `"${operatorText}" is not an operator for versions`, HINT);
  if (versionText === "") throw badWhen(range, `there is no version after "${operatorText}"`, HINT);
  const version = tryParseVersion(versionText);
  if (version !== undefined) return compareWith(operator, version);
  const wildcard = /^(\d+)\.(?:[xX*](?:\.[xX*])?|(\d+)\.[xX*])$/.exec(versionText);
  if (wildcard === null) throw badWhen(range, `"${versionText}" is not a full version`, HINT);
  const [, major, minor] = wildcard;
  const low = exact(minor === undefined ? `${major}.0.0` : `${major}.${minor}.0`, range);
  const next = exact(
    minor === undefined ? `${Number(major) + 1}.0.0` : `${major}.${Number(minor) + 1}.0`,
    range,
  );
  const fromLow = compareWith(">=", low);
  const belowNext = compareWith("<", next);
  switch (operator) {
    case "=":
      return (v) => fromLow(v) && belowNext(v);
    case "!=":
      return (v) => !(fromLow(v) && belowNext(v));
    case ">=":
      return fromLow;
    case ">":
      return (v) => !belowNext(v);
    case "<":
      return (v) => !fromLow(v);
    case "<=":
      return belowNext;
  }
}

function exact(text: string, range: string): Version {
  const version = tryParseVersion(text);
  if (version === undefined) throw badWhen(range, `"${text}" is not a version`, HINT);
  return version;
}

function compareWith(operator: Comparison, wanted: Version): Range {
  return (version) => {
    const actual = version.vendorBuild && wanted.text === wanted.core ? version.core : version.text;
    return compares(compare(actual, wanted.text), operator, 0);
  };
}
