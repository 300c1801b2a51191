import { describeNeeds } from "../kube/access.ts";
import type { Discovery } from "./discover.ts";
import type { ForbiddenCollector } from "./permitted.ts";

const WIDTH = 80;
const MAX_LINES = 12;

/** One line: what was looked at, and how much was found to collect. */
export function describeDiscovery(
  { options, namespaces, kots, collectors }: Discovery,
  mode: "foundational-only" | "yaml-augmented",
): string {
  const { names, total, how } = namespaces;
  const where = how === "flag" || how === "own"
    ? `namespace ${names[0] ?? "none"}`
    : `${names.length} of ${total ?? "an unknown number of"} namespaces`;
  const found = kots.length === 0 ? "" : `, KOTS in ${kots.map(({ namespace }) => namespace).join(", ")}`;
  const line = `Auto-discovery (${mode}, ${options.profile}): ${where}, ${collectors.length} collectors${found}`;
  return line.length > 2 * WIDTH ? `${line.slice(0, 2 * WIDTH - 1)}…` : line;
}

/** What is left out since the account may not read it: a headline, then short lines, a dozen at most. Undefined when
 * nothing is. */
export function describeForbidden(forbidden: readonly ForbiddenCollector[]): string | undefined {
  if (forbidden.length === 0) return undefined;
  const groups = Map.groupBy(forbidden, ({ collector: { entry }, denied }) => {
    const verbs = describeNeeds(denied.map((need) => ({ ...need, namespace: "" }))).map((text) =>
      text.replace(/ in the whole cluster$/, "")
    );
    return JSON.stringify([entry.unit.kind, verbs]);
  });
  const lines = [...groups].map(([key, members]) => {
    const [kind, verbs] = JSON.parse(key) as [string, string[]];
    const places = members.map(({ denied }) => denied[0]!.namespace ?? "").filter((name) => name !== "");
    const tail = `: may not ${verbs.join(", ")}`;
    return fit(`  ${kind}${places.length === 0 ? "" : " in "}`, places, tail);
  });
  const count = forbidden.length === 1 ? "One collector is" : `${forbidden.length} collectors are`;
  return [
    `${count} left out, since this account may not read enough:`,
    ...lines.slice(0, MAX_LINES),
    ...lines.length > MAX_LINES ? [`  and ${lines.length - MAX_LINES} kinds more`] : [],
    "  `support-bundle rbac` with the same flags prints the roles that allow it",
  ].join("\n");
}

/** As many names as a line has room for. */
function fit(head: string, names: readonly string[], tail: string): string {
  for (let shown = Math.min(names.length, 6); shown > 0; shown--) {
    const more = names.length - shown;
    const line = `${head}${names.slice(0, shown).join(", ")}${more > 0 ? ` and ${more} more` : ""}${tail}`;
    if (line.length <= WIDTH) return line;
  }
  const line = `${head}${names.length > 0 ? `${names.length} namespaces` : ""}${tail}`;
  return line.length <= WIDTH ? line : `${line.slice(0, WIDTH - 1)}…`;
}
