import type { FoundObject } from "./cluster_files.ts";
import { countAt, cut, cutName, objectsAt, textAt, timeAt, withoutName } from "./fields.ts";

export const LANES = ["warning", "ended", "normal"] as const;

/** A warning, a container that ended, any other event. */
export type Lane = typeof LANES[number];

export interface TimelinePoint {
  lane: Lane;
  /** Milliseconds since the epoch. */
  at: number;
  /** In one word: the reason of the event, or why a container ended. */
  reason: string;
  kind: string;
  namespace: string;
  name: string;
  message: string;
  /** How often until then. */
  count: number;
  path: string;
  /** How many more there are that say the same of other objects of the namespace, at the same time or before. */
  alike: number;
}

export interface TimelineData {
  /** What the picture shows: most of what happened, up to when the bundle was made. */
  from: number;
  to: number;
  /** How many points are in each stretch of that time. */
  bins: Record<Lane, number[]>;
  totals: Record<Lane, number>;
  /** Points before `from`. */
  earlier: number;
  /** Those worth telling one by one, latest first: warnings and ends before all others. */
  points: TimelinePoint[];
  left: number;
}

export const BINS = 60;
const MAX_POINTS = 200;
/** Points that are kept until it is known which are the latest. */
const MAX_KEPT = 8 * MAX_POINTS;
const MAX_MESSAGE = 300;
const HOUR = 3_600_000;
const WINDOWS = [
  HOUR / 12,
  HOUR / 4,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
  72 * HOUR,
  168 * HOUR,
  720 * HOUR,
];
/** Of the points, which the picture is to show. */
const SHARE = 0.9;

/** Gathers what happened when, from events and from what pods say of their containers. */
export class Timeline {
  readonly #times: Record<Lane, number[]> = { warning: [], ended: [], normal: [] };
  /** By what they say. */
  readonly #points = { worth: new Map<string, TimelinePoint>(), others: new Map<string, TimelinePoint>() };

  addEvent({ object, namespace, path }: FoundObject): void {
    const at = timeAt(object, "series", "lastObservedTime") ?? timeAt(object, "lastTimestamp") ??
      timeAt(object, "eventTime") ?? timeAt(object, "firstTimestamp") ??
      timeAt(object, "metadata", "creationTimestamp");
    if (at === undefined) return;
    const about = object.involvedObject;
    this.#add({
      lane: textAt(object, "type") === "Warning" ? "warning" : "normal",
      at,
      reason: cutName(textAt(object, "reason") ?? ""),
      kind: cutName(textAt(about, "kind") ?? ""),
      namespace: cutName(textAt(about, "namespace") ?? namespace),
      name: cutName(textAt(about, "name") ?? ""),
      message: cut((textAt(object, "message") ?? textAt(object, "note") ?? "").trim(), MAX_MESSAGE),
      count: Math.max(1, countAt(object, "series", "count"), countAt(object, "count")),
      path,
      alike: 0,
    });
  }

  /** Containers that ended, but for those whose work was done. */
  addPod({ object, namespace, name, path }: FoundObject): void {
    for (const list of ["initContainerStatuses", "containerStatuses"]) {
      for (const status of objectsAt(object, "status", list)) {
        for (const when of ["lastState", "state"]) {
          const at = timeAt(status, when, "terminated", "finishedAt");
          const code = countAt(status, when, "terminated", "exitCode");
          if (at === undefined || at <= 0 || (code === 0 && when === "state")) continue;
          const reason = textAt(status, when, "terminated", "reason");
          const restarts = countAt(status, "restartCount");
          this.#add({
            lane: "ended",
            at,
            reason: cutName(reason ?? "Ended"),
            kind: "Pod",
            namespace: cutName(namespace),
            name: cutName(name),
            message: `Container ${cutName(textAt(status, "name") ?? "")} ended with exit code ${code}` +
              (restarts === 0 ? "" : `, ${restarts} ${restarts === 1 ? "restart" : "restarts"} so far`),
            count: Math.max(1, restarts),
            path,
            alike: 0,
          });
        }
      }
    }
  }

  #add(point: TimelinePoint): void {
    this.#times[point.lane].push(point.at);
    const kept = this.#points[point.lane === "normal" ? "others" : "worth"];
    const key = sayingOf(point);
    const same = kept.get(key);
    const [latest, other] = same === undefined || point.at >= same.at ? [point, same] : [same, point];
    kept.set(key, { ...latest, alike: other === undefined ? 0 : latest.alike + other.alike + 1 });
    if (kept.size < MAX_KEPT) return;
    // Sorting now and then is cheaper than a place for each.
    const points = latestOf(kept);
    kept.clear();
    for (const point of points) kept.set(sayingOf(point), point);
  }

  /** @param madeAt when the bundle was made; undefined: nobody knows
   * @returns undefined when nothing has happened */
  data(madeAt: number | undefined): TimelineData | undefined {
    const { warning, ended, normal } = this.#times;
    const total = warning.length + ended.length + normal.length;
    if (total === 0) return undefined;
    const all = Float64Array.from([...warning, ...ended, ...normal]).sort();
    const latest = all[total - 1]!;
    // Clocks differ: what happened after the bundle was made counts, unless it is far from it.
    const to = madeAt === undefined || (latest > madeAt && latest - madeAt < HOUR) ? latest : madeAt;
    const oldest = all[Math.floor(total * (1 - SHARE))]!;
    const from = to - (WINDOWS.find((window) => to - window <= oldest) ?? to - all[0]!);
    const bins = (times: number[]) => {
      const counts = new Array<number>(BINS).fill(0);
      for (const at of times) {
        const bin = Math.floor((at - from) / Math.max(1, to - from) * BINS);
        if (bin >= 0 && at <= to) counts[Math.min(BINS - 1, bin)]!++;
      }
      return counts;
    };
    const { worth, others } = this.#points;
    const points = [...latestOf(worth), ...latestOf(others)].slice(0, MAX_POINTS);
    return {
      from,
      to,
      bins: { warning: bins(warning), ended: bins(ended), normal: bins(normal) },
      totals: { warning: warning.length, ended: ended.length, normal: normal.length },
      earlier: all.findIndex((at) => at >= from),
      points,
      left: points.reduce((left, { alike }) => left - alike - 1, total),
    };
  }
}

function latestOf(points: Map<string, TimelinePoint>): TimelinePoint[] {
  return [...points.values()].sort((a, b) => b.at - a.at || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .slice(0, MAX_POINTS);
}

const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const UID_LENGTH = 36;

/** Equal for points that say the same of different objects. */
function sayingOf({ lane, reason, kind, namespace, name, message }: TimelinePoint): string {
  const text = withoutName(message, name);
  const saying = text.length < UID_LENGTH ? text : text.replace(UID, "*");
  return JSON.stringify([lane, reason, kind, namespace, saying]);
}
