import { type JsonObject, numberAt, objectAt, stringAt } from "./json_value.ts";

/** Events of one reason about one object, together. */
export interface EventGroup {
  type: string;
  reason: string;
  kind: string;
  namespace: string;
  name: string;
  /** How often it happened, over all of them. */
  count: number;
  /** Of the last one, cut where it is long. */
  message: string;
  lastSeen: string;
}

/** A warning of the new bundle that the old one did not have, or had less often. */
export interface EventChange extends EventGroup {
  /** `count` of the old bundle; 0: it is new. */
  before: number;
}

export interface EventChanges {
  /** Warnings, the most frequent first. */
  new: EventChange[];
  more: EventChange[];
  /** Warnings of the old bundle that are over, or forgotten: a cluster keeps events for an hour. */
  gone: number;
}

const MAX_GROUPS = 50_000;
const MAX_MESSAGE = 300;

/** Warnings of one bundle, by reason and object. */
export class Warnings {
  readonly groups = new Map<string, EventGroup>();
  /** Those beyond what is held. */
  left = 0;

  add(event: JsonObject): void {
    const type = stringAt(event, "type");
    if (type === "Normal") return;
    const object = event.involvedObject === undefined
      ? objectAt(event, "regarding")
      : objectAt(event, "involvedObject");
    const group: EventGroup = {
      type,
      reason: stringAt(event, "reason"),
      kind: stringAt(object, "kind"),
      namespace: stringAt(object, "namespace"),
      name: stringAt(object, "name"),
      count: numberAt(objectAt(event, "series"), "count") ?? numberAt(event, "count") ?? 1,
      message: (stringAt(event, "message") || stringAt(event, "note")).slice(0, MAX_MESSAGE),
      lastSeen: stringAt(objectAt(event, "series"), "lastObservedTime") || stringAt(event, "lastTimestamp") ||
        stringAt(event, "eventTime"),
    };
    const key = `${type}\n${group.reason}\n${group.kind}\n${group.namespace}\n${group.name}`;
    const known = this.groups.get(key);
    if (known === undefined) {
      if (this.groups.size < MAX_GROUPS) this.groups.set(key, group);
      else this.left++;
      return;
    }
    known.count += group.count;
    if (group.lastSeen >= known.lastSeen) Object.assign(known, { message: group.message, lastSeen: group.lastSeen });
  }
}

/** @param old undefined: the old bundle has no events, so that none can be called new */
export function compareEvents(old: Warnings | undefined, current: Warnings | undefined): EventChanges {
  const changes: EventChanges = { new: [], more: [], gone: 0 };
  if (old === undefined || current === undefined) return changes;
  for (const [key, group] of current.groups) {
    const before = old.groups.get(key)?.count ?? 0;
    if (before === 0) changes.new.push({ ...group, before });
    else if (group.count > before) changes.more.push({ ...group, before });
  }
  for (const key of old.groups.keys()) if (!current.groups.has(key)) changes.gone++;
  const byIncrease = (a: EventChange, b: EventChange) =>
    (b.count - b.before) - (a.count - a.before) || (a.name < b.name ? -1 : 1);
  changes.new.sort(byIncrease);
  changes.more.sort(byIncrease);
  return changes;
}
