import { type Html, trusted } from "../../core/html.ts";
import { BASE_STYLE, NARROW_TABLES } from "../../core/html_look.ts";

export const STYLE = `${BASE_STYLE}
.error{display:block;font-size:.87em;max-width:32rem;max-height:4.5em;overflow:hidden;color:var(--ink)}
.name{font-weight:600}.name,.error,td code,.notices,h1{overflow-wrap:anywhere}
.count{display:block;white-space:nowrap}
.states{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;margin:0 0 .75rem;padding:0}
.states a{text-decoration:none}.states a:hover{text-decoration:underline}
.states [aria-current]{font-weight:600;text-decoration:underline}
.lane{display:grid;grid-template-columns:11rem 1fr;gap:0 1rem;align-items:start}
.lane-name{white-space:nowrap;overflow:hidden;text-overflow:ellipsis;font-size:.9em;line-height:17px}
.track,.axis{display:block;overflow:visible}
.track line{stroke:var(--line)}
.track .bar{opacity:.35}
.track a:focus-visible{outline:none}
.track a:focus-visible path{stroke:var(--ink);stroke-width:2px;paint-order:stroke}
.tip{display:none;font-size:12px;fill:var(--ink);stroke:var(--ground);stroke-width:5px;paint-order:stroke;pointer-events:none}
.track a:hover .tip,.track a:focus-visible .tip{display:block}
tbody tr:target{background:var(--sheet)}
td code{font-size:.87em;color:var(--soft)}
.nowrap{white-space:nowrap}
.spark{vertical-align:top}.spark rect{fill:var(--calm)}.spark .bad{fill:var(--bad)}
.figure{display:block;white-space:nowrap;font-size:.87em}
form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:0 0 .5rem}
input,button{font:inherit;color:inherit;background:var(--sheet);border:1px solid var(--soft);border-radius:6px;padding:.3rem .6rem}
input{width:14rem;max-width:100%}
@media(max-width:44rem){
body{padding:.75rem 1rem 2rem}
.lane{grid-template-columns:1fr}.lane-name{margin-top:.4rem}
.minor{display:none}
${NARROW_TABLES}
.figure{display:inline}
}
@media print{header a,form,.skip{display:none}}
`;

/** In one piece: the page's policy names the hash of what stands between the tags. */
export const STYLE_ELEMENT: Html = trusted(`<style>${STYLE}</style>`);
