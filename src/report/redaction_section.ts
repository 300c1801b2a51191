import { type Html, html } from "../core/html.ts";
import { bar, counted, listTable, number } from "./parts.ts";
import type { RedactionData } from "./redaction_data.ts";

export function redactionSection(redaction: RedactionData): Html {
  const { rules, leftOut, note } = redaction;
  return html`
    <section aria-labelledby="redacted">
      <h2 id="redacted" tabindex="-1">What was redacted</h2>
      ${story(redaction)} ${note !== undefined && html`
        <p class="note">${note}</p>
      `} ${rules.total > 0 && listTable(rules, {
        caption: "Rules by how often they hid something",
        columns: ["Rule", "Hidden", "In files", "From"],
        open: 12,
        things: "rules",
        cells: ({ rule, builtIn, count, files }) => [
          html`
            <code>${rule}</code>
          `,
          html`
            ${number(count)} ${bar(count, rules.items[0]!.count)}
          `,
          number(files),
          builtIn ? "built in" : "a Redactor of the spec",
        ],
      })} ${leftOut > 0 && html`
        <p>
          ${counted(leftOut, "file")} could not be redacted with certainty, and ${leftOut === 1
            ? "is"
            : "are"} not in the bundle: see <a href="#missing"
          >what is missing</a>.
        </p>
      `}
    </section>
  `;
}

function story({ state, count, files, tokens }: RedactionData): Html {
  if (state === "off") {
    return html`
      <p><strong class="bad">Redaction was off.</strong> Nothing was hidden in this bundle.</p>
    `;
  }
  if (state === "unknown") {
    return html`
      <p class="none">This bundle does not say what was hidden in it.</p>
    `;
  }
  if (count === 0) {
    return html`
      <p>Redaction was on, and found nothing to hide.</p>
    `;
  }
  const instead = tokens
    ? html`
      Tokens such as <code>***TOKEN_…***</code> stand in their place, the same for equal values.
    `
    : html`
      <code>***HIDDEN***</code> stands in their place.
    `;
  return html`
    <p>
      ${counted(count, "value")} in ${counted(files, "file")} ${count === 1
        ? "was"
        : "were"} hidden before anything was written. ${instead} Only counts are kept, never
      values.
    </p>
  `;
}
