import { type Html, html, type HtmlValue } from "../core/html.ts";
import { table } from "../core/html_table.ts";
import type { Bounded } from "./tally.ts";

const numbers = new Intl.NumberFormat("en-US");

/** `12,345` */
export function number(count: number): string {
  return numbers.format(count);
}

/** `1 pod`, `12 pods` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** `2026-03-02 02:00:00`, of UTC. */
export function instant(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

/** In tables, where there is little room: the folder of all objects is not told. */
export function shortLink(path: string, filesAt: string | undefined): Html {
  return fileLink(path, filesAt, undefined, path.replace(/^cluster-resources\//, ""));
}

/** Leads to a file of the bundle, where the page can reach it. Paths are relative and can be nothing else: each segment is
 * encoded, and the first is a folder. */
export function fileLink(path: string, filesAt: string | undefined, line?: number, label = path): Html {
  const place = line === undefined ? undefined : html`
    <span class="line">line ${line}</span>
  `;
  const safe = filesAt !== undefined && !path.includes("\\") && path.isWellFormed() &&
    path.split("/").every((part) => !["", ".", ".."].includes(part));
  const file = safe
    ? html`
      <a class="file" href="${filesAt + path.split("/").map(encodeURIComponent).join("/")}">${label}</a>
    `
    : html`
      <code>${path}</code>
    `;
  return html`
    <span class="place">${file} ${place}</span>
  `;
}

/** What is folded away until somebody wants it. */
export function folded(summary: HtmlValue, content: HtmlValue): Html {
  return html`
    <details>
      <summary>${summary}</summary>
      ${content}
    </details>
  `;
}

export interface ListTable<T> {
  caption: string;
  columns: readonly string[];
  /** The first cell is the row's header. */
  cells(item: T): HtmlValue[];
  /** Rows that are shown at once. */
  open: number;
  /** What the rows are: `pods`. */
  things: string;
}

/** A table of the first rows, with more of them folded, and a word about those that are not on the page. */
export function listTable<T>({ items, left }: Pick<Bounded<T>, "items" | "left">, options: ListTable<T>): Html {
  const { caption, columns, open, things, cells } = options;
  const rows = items.map((item) => ({ cells: cells(item) }));
  // A fold for one or two rows would be longer than they are.
  const shown = rows.length <= open + 2 ? rows.length : open;
  const rest = rows.slice(shown);
  return html`
    ${table(caption, columns, rows.slice(0, shown))} ${rest.length > 0 &&
      folded(`Show ${number(rest.length)} more ${things}`, table(`${caption}, continued`, columns, rest))} ${left > 0 &&
      html`
        <p class="note">${number(left)} more ${things} are in the bundle, and not on this page.</p>
      `}
  `;
}

/** A name and how often, as a bar for whoever sees it; the count stands beside it. */
export function bar(count: number, most: number, tone = "calm"): Html {
  const width = most > 0 ? Math.max(1, Math.round(1000 * count / most) / 10) : 0;
  return html`
    <svg class="hbar ${tone}" width="100%" height="8" aria-hidden="true">
      <rect class="ground" width="100%" height="8" rx="2" />
      <rect
        width="${width}%"
        height="8"
        rx="2"
      />
    </svg>
  `;
}
