import { counted } from "../../core/counted.ts";
import { formatSize } from "../../core/size.ts";
import type { BundleDifference } from "../../diff/compare_bundles.ts";
import type { EventChange } from "../../diff/events.ts";
import type { FieldChange } from "../../diff/field_changes.ts";
import type { ObjectChange, ObjectRef } from "../../diff/object_changes.ts";

export type Mark = "bad" | "warn" | "good" | "added" | "removed" | "changed";

export interface Row {
  mark: Mark;
  /** `Deployment shop/web` */
  subject: string;
  detail: string;
  /** Lines of a unified diff. */
  diff?: string[];
}

/** What a reader is told about two bundles, what matters most first. */
export interface Section {
  title: string;
  /** For the sentence at the top: `2 images changed`. */
  summary: string;
  rows: Row[];
}

const NAMES = 4;
const FIELDS = 4;

export function reportSections(difference: BundleDifference): Section[] {
  const { objects, findings, events, changes } = difference;
  const loud = <T extends ObjectRef>(list: T[]) => list.filter(({ quiet }) => quiet !== true);
  const added = loud(objects.added), removed = loud(objects.removed), changed = loud(objects.changed);
  const isNode = ({ kind }: ObjectRef) => kind === "Node";
  const others = changed.filter((it) => !isNode(it) && it.kind !== "Cluster");
  const cluster = changed.filter(({ kind }) => kind === "Cluster");
  const broken = [
    ...others.filter(({ before, health }) => before !== undefined && health?.ok === false).map(stateRow),
    ...added.filter((it) => !isNode(it) && it.health?.ok === false)
      .map((it): Row => ({ mark: "bad", subject: name(it), detail: `${it.health!.text}, new` })),
  ];
  const recovered = others.filter(({ before, health }) => before?.ok === false && health?.ok === true);
  const restarted = others.flatMap((it) => it.restarts === undefined ? [] : [{ it, ...it.restarts }])
    .sort((a, b) => (b.after - b.before) - (a.after - a.before));
  const files = changes.filter(({ explained }) => explained === undefined);
  return [
    section("Cluster", ["change of the cluster", "changes of the cluster"], cluster.map(fieldsRow)),
    section("Nodes", ["node changed", "nodes changed"], [
      ...changed.filter(isNode).map(nodeRow),
      ...removed.filter(isNode).map((it): Row => ({ mark: "bad", subject: name(it), detail: "gone" })),
      ...added.filter(isNode).map((it): Row => ({
        mark: it.health?.ok === false ? "bad" : "added",
        subject: name(it),
        detail: `new, ${it.health?.text ?? "state unknown"}`,
      })),
    ]),
    section("Not ready", ["object not ready any more", "objects not ready any more"], broken),
    section("Images", ["object with another image", "objects with other images"], others.flatMap(imageRow)),
    section(
      "Restarts",
      ["pod restarted", "pods restarted"],
      restarted.map(({ it, before, after }): Row => ({
        mark: "warn",
        subject: name(it),
        detail: `+${after - before} (${before} → ${after})${it.health === undefined ? "" : `, ${it.health.text}`}`,
      })),
    ),
    findingSection(findings),
    section("Warnings", ["kind of warning new", "kinds of warnings new"], eventRows(events.new)),
    section("Recovered", ["object ready again", "objects ready again"], recovered.map(stateRow)),
    section("Changed", ["object changed", "objects changed"], others.flatMap(otherRow)),
    section("Added and removed", ["group came or went", "groups came or went"], [
      ...groupRows(added.filter((it) => !isNode(it)), removed.filter((it) => !isNode(it))),
    ]),
    section(
      "Files",
      ["other file", "other files"],
      files.map(({ type, path, details }): Row => ({
        mark: type === "modified" ? "changed" : type,
        subject: path.slice(1),
        detail: `${type}, ${formatSize(details.size)}`,
        ...(details.diff === undefined ? {} : { diff: details.diff.trimEnd().split("\n") }),
      })),
    ),
  ].filter(({ rows }) => rows.length > 0);
}

/** What was left out of the report, and what it cannot know. */
export function reportNotes({ objects, changes, events, findings, metadata }: BundleDifference): string[] {
  const notes: string[] = [];
  const quiet = [...objects.added, ...objects.removed, ...objects.changed].filter((it) => it.quiet === true).length;
  const noise = new Map<string, number>();
  for (const { explained } of changes) {
    const word = explained === undefined ? undefined : NOISE[explained];
    if (word !== undefined) noise.set(word, (noise.get(word) ?? 0) + 1);
  }
  const left = [
    ...(quiet === 0 ? [] : [`${counted(quiet, "object")} that only follow others`]),
    ...[...noise].map(([word, count]) => `${counted(count, "file")} ${word}`),
    ...(events.more.length === 0 ? [] : [`${counted(events.more.length, "known warning")} that came again`]),
  ];
  if (left.length > 0) notes.push(`Left out as noise: ${left.join(", ")}`);
  notes.push(`Unchanged: ${counted(objects.unchanged, "object")}, ${counted(findings.unchanged, "finding")}`);
  const unknown = objects.changed.filter(({ fieldsUnknown }) => fieldsUnknown).length;
  if (unknown > 0) notes.push(`Too much changed: of ${counted(unknown, "object")} it is not known which fields`);
  for (const { path, bundle, why, objects: missing } of objects.notCompared.slice(0, 10)) {
    const count = missing === 0 ? "" : `${counted(missing, "object")} of `;
    notes.push(`Not compared: ${count}${path}, in the ${bundle} bundle ${why}`);
  }
  if (objects.notCompared.length > 10) {
    notes.push(`Not compared: ${objects.notCompared.length - 10} more files of objects`);
  }
  if (!findings.compared) notes.push("Findings are not compared: one of the bundles has no analysis.json to read");
  if (!events.compared) notes.push("Warnings are not compared: one of the bundles has no events");
  for (const { path, refused } of [metadata.oldBundle, metadata.newBundle]) {
    if (refused !== undefined) {
      notes.push(`Not read: ${counted(refused, "member")} of ${path} that must not be unpacked`);
    }
  }
  return notes;
}

const NOISE: Record<string, string | undefined> = {
  run: "about the runs themselves",
  logs: "of logs",
  times: "in which only times or order differ",
  measurements: "of measurements that moved a little",
  redaction: "in which only hidden values differ",
};

function section(title: string, [one, many]: [string, string], rows: Row[]): Section {
  return { title, summary: `${rows.length} ${rows.length === 1 ? one : many}`, rows };
}

function findingSection({ new: appeared, fixed }: BundleDifference["findings"]): Section {
  const counts = [
    ...(appeared.length === 0 ? [] : [`${counted(appeared.length, "new finding")}`]),
    ...(fixed.length === 0 ? [] : [`${counted(fixed.length, "finding")} fixed`]),
  ];
  return {
    title: "Findings",
    summary: counts.join(", "),
    rows: [
      ...appeared.map(({ title, severity, message }): Row => ({
        mark: severity === "fail" ? "bad" : "warn",
        subject: `new: ${title}`,
        detail: message,
      })),
      ...fixed.map(({ title, message }): Row => ({ mark: "good", subject: `fixed: ${title}`, detail: message })),
    ],
  };
}

function name({ kind, namespace, name }: ObjectRef): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

function stateRow(change: ObjectChange): Row {
  const { before, health } = change;
  return {
    mark: health?.ok === false ? "bad" : "good",
    subject: name(change),
    detail: `${health?.text ?? "unknown"}, was ${before?.text ?? "unknown"}`,
  };
}

function nodeRow(change: ObjectChange): Row {
  const { before, health } = change;
  const fields = change.fields.filter(({ category }) => category !== "condition" && category !== "status");
  const parts = before === undefined ? [] : [`${health?.text ?? "unknown"}, was ${before.text}`];
  if (change.recreated) parts.push("made again");
  parts.push(...fieldTexts(change, fields));
  const mark = before !== undefined && health?.ok === false ? "bad" : before?.ok === false ? "good" : "changed";
  return { mark, subject: name(change), detail: parts.join("; ") || "conditions" };
}

function imageRow(change: ObjectChange): Row[] {
  // What a pod runs, its owner says.
  if (change.kind === "Pod" && change.owner !== undefined) return [];
  const images = change.fields.filter(({ category, before, after }) =>
    category === "image" && before !== undefined && after !== undefined
  );
  if (images.length === 0) return [];
  const texts = images.map(({ path, before, after }) => {
    const container = /\[([^\]]+)\]\.image$/.exec(path)?.[1];
    return `${container === undefined ? "" : `${container}: `}${before} → ${after}`;
  });
  return [{ mark: "changed", subject: name(change), detail: texts.join("; ") }];
}

function fieldsRow(change: ObjectChange): Row {
  return { mark: "changed", subject: name(change), detail: fieldTexts(change, change.fields).join("; ") };
}

/** What no other section says of an object. */
function otherRow(change: ObjectChange): Row[] {
  const fields = change.fields.filter(({ category, before, after }) =>
    category !== "status" && category !== "condition" &&
    !(category === "image" && before !== undefined && after !== undefined)
  );
  const parts: string[] = [];
  if (change.recreated) parts.push("deleted and made again");
  if (change.before?.ok === true && change.health?.ok === true) {
    parts.push(`${change.health.text}, was ${change.before.text}`);
  }
  parts.push(...fieldTexts(change, fields));
  if (change.fieldsUnknown && parts.length === 0 && change.restarts === undefined) parts.push("changed");
  return parts.length === 0 ? [] : [{ mark: "changed", subject: name(change), detail: parts.join("; ") }];
}

function fieldTexts(change: ObjectChange, fields: FieldChange[]): string[] {
  const more = fields.length - FIELDS + (change.moreFields ?? 0);
  return [
    ...fields.slice(0, FIELDS).map(({ path, before, after }) =>
      before === undefined
        ? `${path} added: ${short(after!)}`
        : after === undefined
        ? `${path} removed`
        : `${path} ${short(before)} → ${short(after)}`
    ),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

function short(value: string): string {
  const text = value.replace(/\s+/g, " ");
  return text === "" ? '""' : text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Many objects make the same noise: warnings of one reason about one kind are one row. */
function eventRows(events: EventChange[]): Row[] {
  const groups = Map.groupBy(events, ({ reason, kind, namespace }) => `${reason}\n${kind}\n${namespace}`);
  return [...groups.values()].map((group): Row => {
    const { reason, kind, namespace, name, message } = group[0]!;
    const times = group.reduce((sum, { count }) => sum + count, 0);
    const where = `${kind} ${namespace === "" ? name : `${namespace}/${name}`}`;
    return {
      mark: "warn",
      subject: `${reason} ${where}${group.length > 1 ? ` and ${group.length - 1} more` : ""}`,
      detail: `×${times} ${message}`,
    };
  });
}

/** Objects of one kind in one namespace are one row; pods that took the place of others of the same owner are said to. */
function groupRows(added: ObjectRef[], removed: ObjectRef[]): Row[] {
  const rows: Row[] = [];
  const pods = ({ kind, owner }: ObjectRef) => kind === "Pod" && owner !== undefined;
  const byOwner = (list: ObjectRef[]) =>
    Map.groupBy(list.filter(pods), (it) => `Pods of ${it.namespace ?? ""}/${ownerName(it.owner!)}`);
  const came = byOwner(added), went = byOwner(removed);
  for (const owner of [...new Set([...came.keys(), ...went.keys()])].sort()) {
    const plus = came.get(owner)?.length ?? 0, minus = went.get(owner)?.length ?? 0;
    const replaced = Math.min(plus, minus);
    const parts = [
      ...(replaced > 0 ? [`${replaced} replaced`] : []),
      ...(plus > replaced ? [`${plus - replaced} more`] : []),
      ...(minus > replaced ? [`${minus - replaced} fewer`] : []),
    ];
    rows.push({
      mark: plus === minus ? "changed" : plus > minus ? "added" : "removed",
      subject: owner,
      detail: parts.join(", "),
    });
  }
  const rest = [
    ...removed.filter((it) => !pods(it)).map((it) => ({ it, mark: "removed" as const })),
    ...added.filter((it) => !pods(it)).map((it) => ({ it, mark: "added" as const })),
  ];
  for (const group of Map.groupBy(rest, ({ it, mark }) => `${mark}\n${it.kind}\n${it.namespace ?? ""}`).values()) {
    const { it, mark } = group[0]!;
    const names = group.slice(0, NAMES).map(({ it }) => it.name).join(", ");
    const more = group.length > NAMES ? ` and ${group.length - NAMES} more` : "";
    const subject = it.namespace === undefined ? it.kind : `${it.kind} ${it.namespace}/`;
    rows.push({ mark, subject, detail: names + more });
  }
  return rows;
}

/** `ReplicaSet/web-5d8f7c` → `web`: the next one of the same Deployment has another end. */
function ownerName(owner: string): string {
  const name = owner.slice(owner.indexOf("/") + 1);
  return owner.startsWith("ReplicaSet/") ? name.replace(/-[a-z0-9]+$/, "") : name;
}
