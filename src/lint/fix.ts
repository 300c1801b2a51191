import type { Edit, Finding, Repair } from "./finding.ts";

/** A repair may uncover what another rule can repair. */
const MAX_PASSES = 8;

/** Repairs a text until nothing is left that can be repaired. A repair that would add an error is not made.
 * @param lint finds what is wrong with a text; edits count from its first character, a byte order mark excluded */
export function applyFixes(
  text: string,
  lint: (text: string) => readonly Finding[],
): { text: string; fixed: Repair[] } {
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  let now = text.slice(mark.length);
  const fixed: Repair[] = [];
  const refused = new Set<string>();
  let findings = lint(now);
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const wanted = compatible(findings.filter((each) => each.edits !== undefined && !refused.has(idOf(each))));
    if (wanted.length === 0) break;
    let made = wanted;
    let next = apply(now, made.flatMap(({ edits }) => edits!));
    let after = lint(next);
    if (!better(findings, after, made)) {
      // One of them does harm: those that do none by themselves are made.
      const harmless = wanted.filter((each) => better(findings, lint(apply(now, each.edits!)), [each]));
      for (const each of wanted) if (!harmless.includes(each)) refused.add(idOf(each));
      made = harmless.length < wanted.length ? harmless : harmless.slice(0, 1);
      if (made.length === 0) continue;
      next = apply(now, made.flatMap(({ edits }) => edits!));
      after = lint(next);
    }
    fixed.push(...made.map((finding) => repairOf(finding, now)));
    now = next;
    findings = after;
  }
  return { text: mark + now, fixed };
}

/** Findings whose edits do not touch each other; the first in the text wins, the others wait for the next pass. */
function compatible(findings: readonly Finding[]): Finding[] {
  const taken: Edit[] = [];
  return findings.filter(({ edits }) => {
    const clash = edits!.some((edit) => taken.some((other) => edit.start <= other.end && other.start <= edit.end));
    if (!clash) taken.push(...edits!);
    return !clash;
  });
}

function apply(text: string, edits: readonly Edit[]): string {
  const sorted = [...edits].sort((a, b) => a.start - b.start);
  let result = "";
  let at = 0;
  for (const { start, end, text: written } of sorted) {
    result += text.slice(at, start) + written;
    at = end;
  }
  return result + text.slice(at);
}

/** A repair may bring to light what could not be checked before, but it does away with what it repairs, and leaves
 * nothing that cannot be read at all. */
function better(before: readonly Finding[], after: readonly Finding[], wanted: readonly Finding[]): boolean {
  const unreadable = (findings: readonly Finding[]) => findings.filter(({ code }) => code === "SB101").length;
  const mended = wanted.some(({ code }) => code === "SB101") ? 1 : 0;
  if (unreadable(after) > unreadable(before) - mended) return false;
  const left = new Set(after.map(idOf));
  return wanted.every((each) => !left.has(idOf(each)));
}

function repairOf(finding: Finding, text: string): Repair {
  const [edit, ...more] = finding.edits!;
  // Values may be secrets.
  if (edit === undefined || more.length > 0 || finding.code === "SB401") return finding;
  return { ...finding, change: { removed: text.slice(edit.start, edit.end), added: edit.text } };
}

function idOf({ code, field, line, column }: Finding): string {
  return `${code} ${line}:${column} ${field}`;
}
