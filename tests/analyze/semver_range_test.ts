import { strictEqual, throws } from "node:assert/strict";
import { parseSemverRange, tryParseClusterVersion, tryParseVersion } from "../../src/analyze/semver_range.ts";

const behaviour: [range: string, version: string, inside: boolean][] = [
  ["1.2.3", "1.2.3", true],
  ["=1.2.3", "1.2.4", false],
  ["== 1.2.3", "1.2.3", true],
  ["!= 1.2.3", "1.2.3", false],
  ["!1.2.3", "1.2.4", true],
  [">= 1.27.0", "1.27.0", true],
  [">=1.27.0", "1.26.15", false],
  ["> 1.9.0", "1.10.0", true],
  ["< 1.27.0", "1.27.0", false],
  ["<= 1.27.0", "1.27.0", true],
  [">= 1.25.0 < 1.27.0", "1.26.3", true],
  [">=1.25.0 <1.27.0", "1.27.0", false],
  [">=1.25.0<1.27.0", "1.26.0", true],
  ["< 1.20.0 || >= 1.25.0", "1.26.0", true],
  ["< 1.20.0 || >= 1.25.0", "1.22.0", false],
  ["1.20.0||1.21.0", "1.21.0", true],
  [">= 1.25.0 != 1.26.1", "1.26.1", false],
  [">= v1.25.0", "1.26.1", true],
  // Wildcards
  ["1.x", "1.99.0", true],
  ["1.x", "2.0.0", false],
  ["1.X.x", "1.0.0", true],
  ["1.2.*", "1.2.9", true],
  ["1.2.*", "1.3.0", false],
  ["> 1.2.x", "1.2.9", false],
  ["> 1.2.x", "1.3.0", true],
  [">= 1.2.x", "1.2.0", true],
  ["< 1.2.x", "1.2.0", false],
  ["<= 1.2.x", "1.2.9", true],
  ["<= 1.2.x", "1.3.0", false],
  ["!= 1.2.x", "1.2.5", false],
  ["!= 1.2.x", "1.3.0", true],
  ["!= 1.2.x", "1.1.9", true],
  // Pre-releases sort below their release, and are not left out of ranges; build metadata does not count
  [">= 1.27.3", "1.27.3-rc.1", false],
  [">= 1.27.3-rc.1", "1.27.3", true],
  [">= 1.27.3-rc.2", "1.27.3-rc.10", true],
  ["< 1.28.0", "1.28.0-alpha.1", true],
  ["= 1.27.3", "1.27.3+k3s1", true],
];

for (const [range, version, inside] of behaviour) {
  Deno.test(`parseSemverRange() ${version} is ${inside ? "" : "not "}inside ${range}`, () =>
    strictEqual(parseSemverRange(range)(tryParseVersion(version)!), inside));
}

const clusterVersions: [version: string, range: string, inside: boolean][] = [
  ["v1.27.3", ">= 1.27.3", true],
  ["v1.27.3-gke.100", ">= 1.27.3", true],
  ["v1.27.3-gke.100", "< 1.27.3", false],
  ["v1.27.3-gke.100", "= 1.27.3", true],
  ["v1.27.3-gke.100", ">= 1.27.3-gke.99", true],
  ["v1.27.3-gke.100", ">= 1.27.3-gke.101", false],
  ["v1.27.16-eks-2f46c53", ">= 1.27.16", true],
  ["v1.27.3+rke2r1", "= 1.27.3", true],
  ["vv1.27.3", "= 1.27.3", true],
  ["v1.28.0-rc.1", ">= 1.28.0", false],
  ["v1.28.0-alpha.3.100+abcdef", "< 1.28.0", true],
];

for (const [version, range, inside] of clusterVersions) {
  Deno.test(`tryParseClusterVersion() ${version} is ${inside ? "" : "not "}inside ${range}`, () =>
    strictEqual(parseSemverRange(range)(tryParseClusterVersion(version)!), inside));
}

for (const text of ["1.27", "", "latest", "v1.2.3.4", "01.2.3"]) {
  Deno.test(`tryParseClusterVersion() does not take "${text}" for a version`, () =>
    strictEqual(tryParseClusterVersion(text), undefined));
}

const mistakes = ["1.22", ">= 1.22", "=== 1.2.3", "=> 1.2.3", "~ 1.2.3", "^1.2.3", ">=", "", "1.2.3 ||", "|| 1.2.3"]
  .concat(["x", "*", "1.x.3", ">= latest", "1.2.3 - 1.3.0", ">= 1.2.3, < 2.0.0"]);

for (const range of mistakes) {
  Deno.test(`parseSemverRange() refuses "${range}" by name`, () =>
    throws(
      () => parseSemverRange(range),
      (error: Error & { code?: string; hint?: string }) =>
        error.code === "SPEC_WHEN" && error.message.includes(`"${range}"`) && error.hint !== undefined,
    ));
}
