import type { CollectorRecord, FileRecord, MissingRecord } from "../bundle/manifest.ts";
import { SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";

/** The account may not read most of what was asked for. */
export class AccessRefusedError extends SupportBundleError {
  constructor(what: string) {
    super(`This account may not read most of what was asked for: ${what}`, {
      code: "ACCESS_REFUSED",
      exitCode: EXIT.partial,
      hint:
        "MANIFEST.json says what is missing; `support-bundle rbac` with the same arguments prints the roles that allow it",
    });
  }
}

const RESOURCES = "clusterResources";
/** What of a cluster's resources every account may read, or is told about itself. */
const FOR_EVERYBODY = new Set(["groups", "resources", "auth-cani-list", "namespaces"]);

/** Whether refusals are the main result of a run: pure, from what its collectors left.
 *
 * A single thing that is refused is a shortfall like others. They are the main result where the list of namespaces was
 * wanted and refused, where fewer kinds of resources could be read than not, or where most collectors got nothing.
 * @param wholeCluster no namespace was named: the list of them was wanted */
export function refusedAccess(
  { collectors, missing, files, wholeCluster }: {
    collectors: readonly CollectorRecord[];
    missing: readonly MissingRecord[];
    files: readonly FileRecord[];
    wholeCluster: boolean;
  },
): AccessRefusedError | undefined {
  const titles = new Set(collectors.filter(({ kind }) => kind === RESOURCES).map(({ title }) => title));
  const refused = missing.filter(({ reason }) => reason === "forbidden");
  const refusedKinds = kindsOf(refused.filter(({ collector }) => titles.has(collector)));
  if (wholeCluster && refusedKinds.has("namespaces")) {
    return new AccessRefusedError("it may not list namespaces");
  }
  const kinds = [...refusedKinds].filter((kind) => !FOR_EVERYBODY.has(kind));
  const had = [...kindsOf(files.filter(({ collector, bytes }) => titles.has(collector) && bytes > 0))]
    .filter((kind) => !FOR_EVERYBODY.has(kind) && !kind.endsWith("-errors"));
  if (kinds.length > had.length) {
    return new AccessRefusedError(`${kinds.length} kinds of resources are forbidden, ${had.length} are not`);
  }
  const asked = collectors.filter((record) => record.where === "cluster" && !isExcluded(record, missing));
  const empty = asked.filter(({ title, files, kind }) =>
    kind !== RESOURCES && files === 0 && refused.some(({ collector }) => collector === title)
  );
  return empty.length * 2 > asked.length
    ? new AccessRefusedError(`${empty.length} of ${asked.length} collectors of the cluster were refused`)
    : undefined;
}

/** `cluster-resources/pods/shop.json` and `cluster-resources/pods` → `pods`; the logs of pods are no kind. */
function kindsOf(records: readonly { path: string }[]): Set<string> {
  const kinds = records.flatMap(({ path }) => {
    const [, kind, second] = path.split("/");
    return kind === undefined || (kind === "pods" && second === "logs") ? [] : [kind.replace(/\.json$/, "")];
  });
  return new Set(kinds);
}

function isExcluded({ title, status }: CollectorRecord, missing: readonly MissingRecord[]): boolean {
  return status === "skipped" && missing.some(({ collector, reason }) => collector === title && reason === "excluded");
}
