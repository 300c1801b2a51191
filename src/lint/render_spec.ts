import { parse, stringify } from "yaml";
import { FUNCTIONS, type TemplateFunction } from "../analyze/template/functions.ts";
import { compileTemplate } from "../analyze/template/template.ts";
import { TemplateError } from "../analyze/template/template_error.ts";
import { describeError } from "../core/errors.ts";
import { templateActions } from "./template_actions.ts";
import type { Values } from "./template_values.ts";

/** A template of a whole spec that cannot be rendered. */
export class RenderError extends Error {}

/** What Helm adds to the functions of messages, as far as specs use it. `include`, `tpl` and `lookup` of a cluster are not
 * among them. */
const SPEC_FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ...FUNCTIONS,
  ["required", (message, value) => {
    if (value === undefined || value === null || value === "") throw new Error(String(message));
    return value;
  }],
  ["toYaml", (value) => stringify(value ?? null, { lineWidth: 0 }).trimEnd()],
  ["fromYaml", (text) => parse(String(text)) ?? {}],
  ["fromJson", (text) => JSON.parse(String(text))],
  ["lookup", () => ({})],
]);

/** What `.Release` and `.Chart` are outside of an installation. */
const SURROUNDINGS = {
  Release: {
    Name: "preflight",
    Namespace: "default",
    IsInstall: true,
    IsUpgrade: false,
    Revision: 1,
    Service: "Helm",
  },
  Chart: { Name: "preflight-templating", Version: "0.1.0", APIVersion: "v2", Type: "application" },
  Capabilities: { KubeVersion: { Version: "v1.20.0", Major: "1", Minor: "20" }, APIVersions: [] },
  Template: { Name: "preflight-templating/templates/preflight.yaml", BasePath: "preflight-templating/templates" },
  Files: {},
};

/** What only a template of a whole spec asks for. */
const SURROUNDING = /(?:^|[\s(|$-])\.(?:Values|Release|Chart|Capabilities|Files)\b/;
/** A line that holds nothing but control flow. */
const CONTROL = /^[ \t]*\{\{-?[ \t]*(?:if|else|end|range|with|define|block|template|include|\/\*|\$)/m;

/** True for a text that is a template of a spec, as opposed to one whose messages have templates of their own. */
export function isSpecTemplate(text: string): boolean {
  const asks = templateActions(text).some(({ inside }) => SURROUNDING.test(inside));
  return asks || CONTROL.test(text);
}

/** Renders a spec as `helm template` would. Values that are missing are empty, and the parents of those that the text asks
 * for are there.
 * @throws {RenderError} */
export function renderSpec(text: string, values: Values): string {
  const seeded = structuredClone(values);
  for (const path of valuePaths(text)) seed(seeded, path);
  try {
    return compileTemplate(text, SPEC_FUNCTIONS).render({ Values: seeded, ...SURROUNDINGS }, "");
  } catch (error) {
    // The whole message would quote the text: a spec.
    throw new RenderError(error instanceof TemplateError ? error.problem : describeError(error));
  }
}

/** `.Values.a.b` in the text, as paths, in order of their first place, each once. */
export function valuePaths(text: string): string[][] {
  const actions = templateActions(text).map(({ inside }) => inside).join("\n");
  const names = [...actions.matchAll(/(?:^|[\s(|$-])\.?Values((?:\.[A-Za-z_]\w*)+)/gm)].map(([, path]) =>
    path!.slice(1)
  );
  return [...new Set(names)].map((path) => path.split("."));
}

function seed(values: Values, path: string[]): void {
  let at = values;
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    const map: Values = typeof next === "object" && next !== null && !Array.isArray(next) ? next as Values : {};
    Object.defineProperty(at, key, { value: map, enumerable: true, configurable: true, writable: true });
    at = map;
  }
  const last = path.at(-1)!;
  if (/^(?:enabled|create)$/.test(last) && !Object.hasOwn(at, last)) at[last] = false;
}
