import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, jsonEntry, missing, type MissingEntry } from "../../../bundle/entry.ts";
import { describeError } from "../../../core/errors.ts";
import { flagField } from "../../../core/flag_field.ts";
import { type AccessNeed, type CollectContext, defineCollector } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { compareRecords, findHelmRecords, type HelmRecord, readHelmRecord, RECORD_RESOURCES } from "./helm_records.ts";
import { computedValues, goTimeText, type HelmRelease, type Values } from "./helm_release.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";
import { mapAhead } from "./map_ahead.ts";

const TITLE = "helm";
const ERRORS = "helm/errors.json";
const RECORDS_AT_ONCE = 4;
/** Values of all revisions in one file. */
const MAX_VALUES_BYTES = 20_000_000;
/** A release in these states is history: it is no longer in the cluster. */
const GONE = new Set(["uninstalled", "superseded"]);

/** Helm releases from their records. Of all releases, those count whose latest revision is still in the cluster, pending ones
 * included, since a release that hangs is what one looks for; one that is asked for by name counts in any state. */
export const helm = defineCollector({
  kind: "helm",
  where: "cluster",
  summary: "Helm releases with their history, and their values on request",
  title: TITLE,
  fields: () => ({
    namespace: textField().default("").describe("Namespace of the releases; empty: all namespaces"),
    releaseName: textField().default("").describe("One release; empty: all of them"),
    collectValues: flagField().describe("Takes along the values that each revision was made with"),
  }),
  needs: ({ namespace }) => accessTo(["secrets"], namespace),
  permissions: ({ namespace }) => accessTo(RECORD_RESOURCES, namespace),
  async *collect(config, context): AsyncGenerator<Entry> {
    const problems = new Problems(context);
    try {
      const records: HelmRecord[] = [];
      for (const resource of RECORD_RESOURCES) {
        try {
          records.push(...await findHelmRecords(resource, config, context));
        } catch (error) {
          yield problems.note(error, resource);
        }
      }
      records.sort(compareRecords);
      let releases = 0;
      for (const [namespace, inNamespace] of Map.groupBy(records, (record) => record.namespace)) {
        const path = config.releaseName
          ? bundlePath(TITLE, namespace, `${config.releaseName}.json`)
          : bundlePath(TITLE, `${namespace}.json`);
        const file = new ReleaseFile();
        const wanted = config.releaseName ? inNamespace : stillThere(inNamespace);
        releases += wanted.length;
        for await (const { record, revision, error } of readRecords(wanted, config.collectValues, context)) {
          if (revision !== undefined) file.add(revision);
          else if (error !== undefined) {
            yield problems.note(error, `${namespace}/${record.release} revision ${record.revision}`);
          }
        }
        if (file.releases.length === 0) continue;
        const entry = jsonEntry(path, file.releases, {
          indent: "\t",
          source: `GET /api/v1/namespaces/${namespace}/{${RECORD_RESOURCES}}?labelSelector=owner=helm`,
        });
        if (file.valuesCut) entry.truncated = { limit: `${MAX_VALUES_BYTES} bytes of values` };
        yield entry;
      }
      if (releases === 0 && problems.messages.length === 0) {
        const why = config.releaseName
          ? `There is no Helm release "${config.releaseName}"`
          : "There is no Helm release";
        if (config.releaseName) problems.messages.push(why);
        yield missing(TITLE, "empty", why);
      }
    } catch (error) {
      context.signal.throwIfAborted();
      yield jsonEntry(ERRORS, [...problems.messages, describeError(error)]);
      throw error;
    }
    if (problems.messages.length > 0) yield jsonEntry(ERRORS, problems.messages);
  },
});

function accessTo(resources: readonly string[], namespace: string): AccessNeed[] {
  const where = namespace ? { namespace } : {};
  return resources.flatMap((resource) => ["list", "get"].map((verb) => ({ verb, resource, ...where })));
}

/** What went wrong, for the errors file. */
class Problems {
  readonly messages: string[] = [];

  constructor(readonly context: Pick<CollectContext, "signal">) {}

  /** Notes what one thing failed of; throws on what ends the collector. */
  note(error: unknown, what: string): MissingEntry {
    rethrowFatal(error, this.context.signal);
    const message = `${what}: ${describeError(error)}`;
    this.messages.push(message);
    return missing(TITLE, missingReason(error), message);
  }
}

/** The records of releases whose latest revision is in the cluster. */
function stillThere(records: HelmRecord[]): HelmRecord[] {
  return [...Map.groupBy(records, ({ release }) => release).values()]
    .filter((revisions) => !GONE.has(revisions.at(-1)!.status))
    .flat();
}

interface ReadRecord {
  record: HelmRecord;
  /** Undefined when there is none any more, or an error. */
  revision?: DescribedRevision;
  error?: unknown;
}

async function* readRecords(
  records: HelmRecord[],
  withValues: boolean,
  context: CollectContext,
): AsyncGenerator<ReadRecord> {
  const read = async (record: HelmRecord): Promise<ReadRecord> => {
    try {
      const release = await readHelmRecord(record, context);
      return { record, revision: release && describeRevision(release, withValues) };
    } catch (error) {
      return { record, error };
    }
  };
  let count = 0;
  for await (const result of mapAhead(records, RECORDS_AT_ONCE, read, () => {})) {
    context.progress(`${++count} of ${records.length} revisions`);
    yield result;
  }
}

/** A revision, and what it says about its release. */
interface DescribedRevision {
  release: { releaseName: string; chart?: string; chartVersion?: string; appVersion?: string; namespace?: string };
  history: { revision: string; date: string; status: string; isPending?: true; values?: Values };
  valuesBytes: number;
}

function describeRevision(
  { name, namespace, version, info, chart, config }: HelmRelease,
  withValues: boolean,
): DescribedRevision {
  const { name: chartName, version: chartVersion, appVersion } = chart.metadata;
  const values = withValues ? computedValues({ chart, config }) : {};
  const hasValues = Object.keys(values).length > 0;
  return {
    release: {
      releaseName: name,
      ...(chartName ? { chart: chartName } : {}),
      ...(chartVersion ? { chartVersion } : {}),
      ...(appVersion ? { appVersion } : {}),
      ...(namespace ? { namespace } : {}),
    },
    history: {
      revision: String(version),
      date: goTimeText(info.last_deployed),
      status: info.status,
      ...(info.status.startsWith("pending-") ? { isPending: true as const } : {}),
      ...(hasValues ? { values } : {}),
    },
    valuesBytes: hasValues ? JSON.stringify(values).length : 0,
  };
}

/** The releases of one file, with no more values than fit. */
class ReleaseFile {
  readonly releases: (DescribedRevision["release"] & { releaseHistory: DescribedRevision["history"][] })[] = [];
  /** Set when values were left out. */
  valuesCut = false;
  #valuesBytes = 0;

  /** Revisions come by release, the latest last: what it says about the release counts. */
  add({ release, history, valuesBytes }: DescribedRevision): void {
    this.#valuesBytes += valuesBytes;
    if (this.#valuesBytes > MAX_VALUES_BYTES) {
      this.#valuesBytes -= valuesBytes;
      this.valuesCut = true;
      delete history.values;
    }
    const before = this.releases.at(-1)?.releaseName === release.releaseName ? this.releases.pop() : undefined;
    this.releases.push({ ...release, releaseHistory: [...before?.releaseHistory ?? [], history] });
  }
}
