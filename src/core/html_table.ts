import { type Html, html, type HtmlValue } from "./html.ts";

export interface Row {
  id?: string;
  /** The first is the row's header. */
  cells: HtmlValue[];
}

/** A table that turns into cards on narrow screens. Its roles are spelled out: browsers forget them with the layout. */
export function table(caption: string, columns: readonly string[], rows: readonly Row[]): Html {
  return html`
    <table role="table">
      <caption>${caption}</caption>
      <thead role="rowgroup"><tr role="row">${columns.map((column) =>
        html`
          <th role="columnheader" scope="col">${column}</th>
        `
      )}</tr></thead>
      <tbody role="rowgroup">
        ${rows.map(({ id, cells }) =>
          html`
            <tr role="row" ${id !== undefined && html`
              id="${id}" tabindex="-1"
            `}>${cells.map((cell, i) =>
              i === 0
                ? html`
                  <th role="rowheader" scope="row">${cell}</th>
                `
                : html`
                  <td role="cell" data-label="${columns[i]}">${cell}</td>
                `
            )}</tr>
          `
        )}
      </tbody>
    </table>
  `;
}
