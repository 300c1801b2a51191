import { deepStrictEqual, match, strictEqual, throws } from "node:assert/strict";
import {
  type DiscoveryFlags,
  type DiscoveryOptions,
  readDiscoveryFlags,
} from "../../src/discover/discovery_options.ts";

const DEFAULTS: DiscoveryOptions = {
  profile: "standard",
  includeImages: false,
  rbacCheck: true,
  includeNamespaces: [],
  excludeNamespaces: [],
  includeSystemNamespaces: false,
};

const behaviour: [name: string, flags: DiscoveryFlags, expected: DiscoveryOptions | undefined, warning?: RegExp][] = [
  ["is nothing without --auto", {}, undefined],
  ["has defaults", { auto: true }, DEFAULTS],
  ["takes a profile", { auto: true, discoveryProfile: "paranoid" }, { ...DEFAULTS, profile: "paranoid" }],
  ["parts patterns at commas", { auto: true, includeNamespaces: ["a, b", "c*,,a"] }, {
    ...DEFAULTS,
    includeNamespaces: ["a", "b", "c*"],
  }],
  ["takes both kinds of patterns", { auto: true, includeNamespaces: ["a*"], excludeNamespaces: ["*b"] }, {
    ...DEFAULTS,
    includeNamespaces: ["a*"],
    excludeNamespaces: ["*b"],
  }],
  [
    "takes switches",
    { auto: true, includeImages: true, rbacCheck: false, includeSystemNamespaces: true },
    { ...DEFAULTS, includeImages: true, rbacCheck: false, includeSystemNamespaces: true },
  ],
  [
    "says which flags do nothing without --auto",
    { auto: false, includeNamespaces: ["a"], discoveryProfile: "minimal", rbacCheck: true },
    undefined,
    /^--include-namespaces, --discovery-profile, --rbac-check do nothing without --auto$/,
  ],
  [
    "says which flags do nothing beside --namespace",
    { auto: true, namespace: "x", excludeNamespaces: ["a"] },
    { ...DEFAULTS, excludeNamespaces: ["a"] },
    /^--exclude-namespaces does nothing beside --namespace/,
  ],
];
for (const [name, flags, expected, warning] of behaviour) {
  Deno.test(`readDiscoveryFlags() ${name}`, () => {
    const warnings: string[] = [];
    deepStrictEqual(readDiscoveryFlags(flags, (message) => warnings.push(message)), expected);
    if (warning === undefined) deepStrictEqual(warnings, []);
    else match(warnings.join("\n"), warning);
  });
}

const refused: [name: string, flags: DiscoveryFlags, message: RegExp, hint: RegExp][] = [
  ["a misspelt profile", { auto: true, discoveryProfile: "minimum" }, /no profile "minimum"/, /Did you mean minimal\?/],
  [
    "a profile that there is not, even without --auto",
    { discoveryProfile: "all" },
    /no profile "all"/,
    /minimal, stand/,
  ],
  ["images without --auto", { includeImages: true }, /--include-images needs --auto/, /Add --auto/],
  ["a pattern with ?", { auto: true, includeNamespaces: ["team-?"] }, /--include-namespaces: .*"team-\?"/, /\* stands/],
  [
    "a pattern with capitals",
    { auto: true, excludeNamespaces: ["Team*"] },
    /--exclude-namespaces: .*"Team\*"/,
    /lower/,
  ],
];
for (const [name, flags, message, hint] of refused) {
  Deno.test(`readDiscoveryFlags() refuses ${name}`, () =>
    throws(() => readDiscoveryFlags(flags, () => {}), (error: Error & { hint?: string; exitCode?: number }) => {
      match(error.message, message);
      match(error.hint ?? "", hint);
      strictEqual(error.exitCode, 1);
      return true;
    }));
}
