import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { chooseNamespaces, type NamespaceList } from "../../src/discover/choose_namespaces.ts";
import { isSystemNamespace, matchesPattern } from "../../src/discover/namespace_pattern.ts";

const patterns = [ // pattern, name, matches
  ["shop", "shop", true],
  ["shop", "shops", false],
  ["shop", "Shop", false],
  ["*", "shop", true],
  ["shop-*", "shop-web", true],
  ["shop-*", "shop-", true],
  ["shop-*", "shop", false],
  ["*-prod", "shop-prod", true],
  ["*-prod", "prod", false],
  ["*hop*", "shop", true],
  ["s*p", "shop", true],
  ["s*p", "shops", false],
  ["s*-*d", "shop-x-prod", true],
  ["a*b*c", "abbbc", true],
  ["a*b*c", "acb", false],
  ["**", "x", true],
  ["", "", true],
  ["", "x", false],
] as const;
for (const [pattern, name, expected] of patterns) {
  Deno.test(`matchesPattern() ${pattern === "" ? "nothing" : pattern} ${expected ? "takes" : "leaves"} "${name}"`, () =>
    strictEqual(matchesPattern(pattern, name), expected));
}

Deno.test("matchesPattern() takes no longer than its lengths multiplied", () => {
  const started = performance.now();
  strictEqual(matchesPattern("a*".repeat(126) + "b", "a".repeat(253)), false);
  strictEqual(performance.now() - started < 1000, true);
});

const system = [ // name, is one of the system
  ["kube-system", true],
  ["kube-anything", true],
  ["cattle-fleet", true],
  ["monitoring", true],
  ["linkerd", true],
  ["linkerd-viz", true],
  ["monitoring-app", false],
  ["kubernetes", false],
  ["default", false],
] as const;
for (const [name, expected] of system) {
  Deno.test(`isSystemNamespace() ${expected ? "knows" : "leaves"} ${name}`, () =>
    strictEqual(isSystemNamespace(name), expected));
}

const ALL: NamespaceList = { listed: ["shop", "billing", "kube-system", "default", "shop-prod", "monitoring"] };
const UNKNOWN: NamespaceList = { own: "mine", why: "forbidden" };
const NONE_LEFT = /No namespace is left/;

const behaviour: [
  name: string,
  list: NamespaceList,
  filter: { include?: string[]; exclude?: string[]; system?: boolean },
  flag: string | undefined,
  names: string[],
  how: string,
  warning?: RegExp,
][] = [
  ["takes all but those of the system", ALL, {}, undefined, ["billing", "default", "shop", "shop-prod"], "all"],
  ["takes those of the system on request", ALL, { system: true }, undefined, [
    "billing",
    "default",
    "kube-system",
    "monitoring",
    "shop",
    "shop-prod",
  ], "all"],
  ["takes what a pattern matches", ALL, { include: ["shop*"] }, undefined, ["shop", "shop-prod"], "filter"],
  ["takes what one of several patterns matches", ALL, { include: ["bill*", "*-prod"] }, undefined, [
    "billing",
    "shop-prod",
  ], "filter"],
  ["leaves what an exclude pattern matches", ALL, { exclude: ["shop*", "default"] }, undefined, ["billing"], "filter"],
  ["applies both: exclude first", ALL, { include: ["shop*"], exclude: ["*-prod"] }, undefined, ["shop"], "filter"],
  [
    "takes a namespace of the system that is named in full",
    ALL,
    { include: ["kube-system", "shop"] },
    undefined,
    ["kube-system", "shop"],
    "filter",
  ],
  [
    "leaves those of the system that a pattern matches, and says how to have them",
    ALL,
    { include: ["kube-*"] },
    undefined,
    [],
    "filter",
    /"kube-\*" matches system namespaces alone; --include-system-namespaces/,
  ],
  ["takes those too on request", ALL, { include: ["kube-*"], system: true }, undefined, ["kube-system"], "filter"],
  ["takes none when nothing matches, and says so", ALL, { include: ["shp*"] }, undefined, [], "filter", NONE_LEFT],
  [
    "names the pattern that matches nothing",
    ALL,
    { include: ["shp*", "shop"] },
    undefined,
    ["shop"],
    "filter",
    /"shp\*"/,
  ],
  ["takes none when everything is excluded", ALL, { exclude: ["*"] }, undefined, [], "filter", NONE_LEFT],
  ["takes --namespace as it is", ALL, { include: ["billing"], exclude: ["*"] }, "kube-system", ["kube-system"], "flag"],
  [
    "takes the context's own where none can be listed",
    UNKNOWN,
    {},
    undefined,
    ["mine"],
    "own",
    /cannot be listed \(forbidden\); only "mine"/,
  ],
  [
    "takes names without * where none can be listed",
    UNKNOWN,
    { include: ["shop", "team-*"] },
    undefined,
    ["shop"],
    "filter",
    /which match team-\*/,
  ],
  ["excludes even the context's own", UNKNOWN, { exclude: ["m*"] }, undefined, [], "own", /none is looked at/],
];
for (const [name, list, { include = [], exclude = [], system = false }, flag, names, how, warning] of behaviour) {
  Deno.test(`chooseNamespaces() ${name}`, () => {
    const filter = { includeNamespaces: include, excludeNamespaces: exclude, includeSystemNamespaces: system };
    const chosen = chooseNamespaces(list, filter, flag);
    deepStrictEqual(chosen.names, names);
    strictEqual(chosen.how, how);
    if (warning === undefined) deepStrictEqual(chosen.warnings, []);
    else match(chosen.warnings.join("\n"), warning);
  });
}
