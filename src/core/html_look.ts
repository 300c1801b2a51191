import { type Html, html, trusted } from "./html.ts";

/** How things look that are well or not: a tone and a shape each, so that none is told by its colour alone. */
export type Tone = "good" | "warn" | "bad" | "held" | "busy" | "calm";

export interface Look {
  tone: Tone;
  /** Path of an SVG in a field of 12 by 12. */
  shape: string;
  word: string;
}

export const SHAPES = {
  disc: "M6 1a5 5 0 1 1 0 10a5 5 0 1 1 0-10z",
  cross: "M2.2 1l3.8 3.8L9.8 1L11 2.2L7.2 6L11 9.8L9.8 11L6 7.2L2.2 11L1 9.8L4.8 6L1 2.2z",
  diamond: "M6 .5L11.5 6L6 11.5L.5 6z",
  square: "M1.5 1.5h9v9h-9z",
  play: "M2.5 1L11 6L2.5 11z",
  bar: "M1 4.5h10v3H1z",
  ring: "M6 1a5 5 0 1 1 0 10a5 5 0 1 1 0-10zM6 3a3 3 0 1 0 0 6a3 3 0 1 0 0-6z",
  clock: "M1.5 1h9v1.6L7.4 6l3.1 3.4V11h-9V9.4L4.6 6L1.5 2.6z",
} as const;

/** The sign of an outcome, for whoever sees it; the word stands beside it. */
export function sign({ tone, shape }: Look): Html {
  return html`
    <svg class="sign ${tone}" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
      <path d="${trusted(shape)}" fill-rule="evenodd" />
    </svg>
  `;
}

export function badge(look: Look): Html {
  return html`
    <span class="badge ${look.tone}">${sign(look)} ${look.word}</span>
  `;
}

/** What all pages share: colours of the light and of the dark, type, focus, signs. All contrasts of text are 4.5 to 1 or
 * more. */
export const BASE_STYLE = `
:root{--ink:#1c2128;--soft:#57606a;--ground:#fff;--sheet:#f4f6f8;--line:#d0d7de;--link:#0550ae;
--good:#116329;--warn:#855000;--bad:#b3121d;--held:#7a2f9c;--busy:#0550ae;--calm:#57606a}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b3;--ground:#0f141a;--sheet:#181f27;--line:#343d48;
--link:#6cb6ff;--good:#57c96b;--warn:#e0a33e;--bad:#ff7b72;--held:#d196ee;--busy:#6cb6ff;--calm:#9da7b3}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1rem 1.25rem 2rem;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
a{color:var(--link)}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}.held{color:var(--held)}
.busy{color:var(--busy)}.calm{color:var(--calm)}
svg path,svg rect{fill:currentColor}
.sign{vertical-align:-1px}
.badge{white-space:nowrap;font-weight:600}
table{border-collapse:collapse;width:100%;font-size:.93em}
caption{text-align:left;padding:.25rem 0 .5rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .75rem .45rem 0;font-weight:400;border-top:1px solid var(--line)}
thead th{color:var(--soft);font-size:.9em;border-top:0;white-space:nowrap}
header{display:flex;flex-wrap:wrap;gap:0 1rem;justify-content:space-between;border-bottom:1px solid var(--line)}
header p{margin:0 0 .75rem}
.brand{font-weight:600}.brand span{font-weight:400;color:var(--soft)}
h1{font-size:1.7rem;line-height:1.25;margin:1.25rem 0 1rem;display:flex;align-items:center;gap:.6rem}
h1 .sign{width:24px;height:24px;flex:none}
h2{font-size:1.15rem;margin:2rem 0 .5rem}
h1.good,h1.calm{color:var(--ink)}
.note,.none,caption,footer{color:var(--soft)}
.note{display:block;font-size:.87em}
.notices{margin:0 0 1rem;padding:.6rem 1rem .6rem 2rem;border-left:4px solid var(--bad);background:var(--sheet)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.5rem;margin:0 0 1rem}
.figures div{background:var(--sheet);border-radius:6px;padding:.5rem .75rem}
dt{color:var(--soft);font-size:.87em}dd{margin:0;font-weight:600}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;margin:0 0 .75rem;padding:0}
.legend .badge{font-weight:400;font-size:.87em}
.axis text{font-size:12px;fill:var(--soft)}
td time{white-space:nowrap}
footer{margin-top:2rem;border-top:1px solid var(--line);font-size:.87em}
.skip{position:absolute;left:-99rem}
.skip:focus{position:static}
`;

/** For the end of a page's style: tables of {@linkcode "./html_table.ts"} as cards on narrow screens. */
export const NARROW_TABLES = `
table,tbody,tr,td,tbody th,caption{display:block}
thead{position:absolute;left:-99rem}
tr{border-top:1px solid var(--line);padding:.5rem 0}
th,td{border:0;padding:.1rem 0}
td{padding-left:7rem;position:relative}
td::before{content:attr(data-label);color:var(--soft);position:absolute;left:0}
td:empty{display:none}
`;
