import { type Entry, jsonEntry, missing, textEntry } from "../../../../bundle/entry.ts";
import { describeError } from "../../../../core/errors.ts";
import { KubeForbiddenError } from "../../../../kube/errors.ts";
import type { KubeClient, KubeObject } from "../../../../kube/kube_client.ts";
import { mapAhead } from "../map_ahead.ts";
import { rethrowFatal } from "../kube_failure.ts";
import { type AccessRules, canReadPods, reviewAccessRules, rulesList } from "./access_rules.ts";
import { itemsBytes, ListFile } from "./list_file.ts";
import { errorMap, reasonOf, ROOT, sourceOf } from "./resource_run.ts";

const PATH = `${ROOT}/namespaces.json`;
const ERRORS_PATH = `${ROOT}/namespaces-errors.json`;
const LIST = "/api/v1/namespaces";
const CONCURRENCY = 8;

/** The namespaces that come into question. */
export interface NamespaceChoice {
  names: string[];
  /** `named`: by the spec or a flag. `listed`: all that there are. `guessed`: the context's own, since the account may
   * not list them. */
  how: "named" | "listed" | "guessed";
  /** `namespaces.json` and its errors. */
  entries: Entry[];
}

/** Finds the namespaces, and writes `namespaces.json` in the form that belongs to the way they were found.
 * @throws {KubeUnreachableError} and for credentials that are not accepted: this is the first request of the run */
export async function chooseNamespaces(
  kube: KubeClient,
  wanted: { named: readonly string[]; flag?: string },
  signal: AbortSignal,
): Promise<NamespaceChoice> {
  if (wanted.named.length > 0) return await getNamed(kube, [...new Set(wanted.named)], signal);
  if (wanted.flag) return await getOne(kube, wanted.flag, signal);
  try {
    const names: string[] = [];
    let file: ListFile | undefined;
    for await (const page of kube.listRaw(LIST, { signal })) {
      file ??= new ListFile(PATH, sourceOf(LIST), "list", page);
      file.append(itemsBytes("list", page, page.items));
      names.push(...page.items.map(({ name }) => name));
    }
    file!.end();
    return { names, how: "listed", entries: [file!.entry] };
  } catch (error) {
    checkFatal(error, signal);
    const entries = [textEntry(PATH, "", sourceOf(LIST)), ...failure([error])];
    if (!(error instanceof KubeForbiddenError)) return { names: [], how: "listed", entries };
    return { names: [await kube.contextNamespace()], how: "guessed", entries };
  }
}

async function getNamed(kube: KubeClient, names: string[], signal: AbortSignal): Promise<NamespaceChoice> {
  const found: unknown[] = [];
  const errors: unknown[] = [];
  const get = async (name: string) => {
    try {
      return { object: await kube.get(objectPath(name), { signal }) };
    } catch (error) {
      checkFatal(error, signal);
      return { error };
    }
  };
  for await (const answer of mapAhead(names, CONCURRENCY, get, () => {})) {
    if (answer.object === undefined) errors.push(answer.error);
    else found.push(unstamped(answer.object));
  }
  const entries: Entry[] = [jsonEntry(PATH, found, { source: `GET ${LIST}/…` })];
  if (errors.length > 0) entries.push(...failure(errors));
  return { names, how: "named", entries };
}

async function getOne(kube: KubeClient, name: string, signal: AbortSignal): Promise<NamespaceChoice> {
  try {
    const object = await kube.get(objectPath(name), { signal });
    return { names: [name], how: "named", entries: [jsonEntry(PATH, object, { source: `GET ${objectPath(name)}` })] };
  } catch (error) {
    checkFatal(error, signal);
    return { names: [name], how: "named", entries: [textEntry(PATH, ""), ...failure([error])] };
  }
}

/** What the account may do in each namespace: the files of `auth-cani-list`, and the namespaces that are worth a look. */
export async function reviewNamespaces(
  kube: KubeClient,
  choice: NamespaceChoice,
  { ignoreRBAC, signal }: { ignoreRBAC: boolean; signal: AbortSignal },
): Promise<{ selected: ReadonlySet<string>; entries: Entry[] }> {
  const selected = new Set<string>();
  const errors = new Map<string, unknown>();
  const review = async (namespace: string): Promise<{ namespace: string; rules?: AccessRules; error?: unknown }> => {
    try {
      return { namespace, rules: await reviewAccessRules(kube, namespace, signal) };
    } catch (error) {
      signal.throwIfAborted();
      return { namespace, error };
    }
  };
  const entries: Entry[] = [];
  for await (const { namespace, rules, error } of mapAhead(choice.names, CONCURRENCY, review, () => {})) {
    if (isSelected(choice.how, ignoreRBAC, rules)) selected.add(namespace);
    if (rules === undefined) {
      errors.set(namespace, error);
      continue;
    }
    if (rules.incomplete) errors.set(namespace, rules.evaluationError ?? "The review is incomplete");
    const source = "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    entries.push(jsonEntry(`${ROOT}/auth-cani-list/${namespace}.json`, rulesList(rules), { source }));
  }
  if (errors.size > 0) entries.push(jsonEntry(`${ROOT}/auth-cani-list-errors.json`, errorMap(errors)));
  return { selected, entries };
}

/** Decides whether a namespace's objects are read.
 * @param rules undefined when the review failed */
export function isSelected(how: NamespaceChoice["how"], ignoreRBAC: boolean, rules: AccessRules | undefined): boolean {
  if (how === "named") return true;
  if (how === "guessed") return rules !== undefined && canReadPods(rules);
  return ignoreRBAC || rules === undefined || canReadPods(rules);
}

/** Throws what no other request of this run can survive. */
function checkFatal(error: unknown, signal: AbortSignal): void {
  rethrowFatal(error, signal);
  if (error instanceof KubeForbiddenError && error.status === 401) throw error;
}

function failure(errors: unknown[]): Entry[] {
  return [
    jsonEntry(ERRORS_PATH, errors.map(describeError)),
    ...errors.map((error) => missing(PATH, reasonOf(error), describeError(error))),
  ];
}

function objectPath(name: string): string {
  return `${LIST}/${encodeURIComponent(name)}`;
}

function unstamped({ kind: _kind, apiVersion: _apiVersion, ...rest }: KubeObject): unknown {
  return rest;
}
