/** Text that may stand in a page as it is. Only {@linkcode html} and {@linkcode trusted} make it. */
export class Html {
  constructor(readonly text: string) {}
}

export type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[];

/** A template of HTML or SVG: whatever is put in is escaped, in text and in quoted attributes alike, unless it is HTML
 * itself. Lists are joined; `undefined` and `false` are nothing. White space around the whole goes: a template may stand on
 * lines of its own. */
export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): Html {
  const last = parts.length - 1;
  const trimmed = parts.map((part, i) => i === 0 ? part.trimStart() : part).map((part, i) =>
    i === last ? part.trimEnd() : part
  );
  return new Html(trimmed.reduce((text, part, i) => text + render(values[i - 1]) + part));
}

/** Text of our own that is HTML, or CSS. Never pass on what somebody else wrote. */
export function trusted(text: string): Html {
  return new Html(text);
}

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "string" || typeof value === "number") return escapeHtml(String(value));
  return value.map(render).join("");
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Control characters and those that turn the direction of text go too: a name must not change how its page reads. */
export function escapeHtml(text: string): string {
  return text
    // deno-lint-ignore no-control-regex
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, "\u{fffd}")
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
