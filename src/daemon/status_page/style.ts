import { type Html, trusted } from "./html.ts";

/** All contrasts of text are 4.5 to 1 or more, in the light and in the dark. */
export const STYLE = `
:root{--ink:#1c2128;--soft:#57606a;--ground:#fff;--sheet:#f4f6f8;--line:#d0d7de;--link:#0550ae;
--good:#116329;--warn:#855000;--bad:#b3121d;--held:#7a2f9c;--busy:#0550ae;--calm:#57606a}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b3;--ground:#0f141a;--sheet:#181f27;--line:#343d48;
--link:#6cb6ff;--good:#57c96b;--warn:#e0a33e;--bad:#ff7b72;--held:#d196ee;--busy:#6cb6ff;--calm:#9da7b3}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1rem 1.25rem 2rem;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
a{color:var(--link)}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
header{display:flex;flex-wrap:wrap;gap:0 1rem;justify-content:space-between;border-bottom:1px solid var(--line)}
header p{margin:0 0 .75rem}
.brand{font-weight:600}.brand span{font-weight:400;color:var(--soft)}
h1{font-size:1.7rem;line-height:1.25;margin:1.25rem 0 1rem;display:flex;align-items:center;gap:.6rem}
h1 .sign{width:24px;height:24px;flex:none}
h2{font-size:1.15rem;margin:2rem 0 .5rem}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}.held{color:var(--held)}
.busy{color:var(--busy)}.calm{color:var(--calm)}
h1.good,h1.calm{color:var(--ink)}
svg path,svg rect{fill:currentColor}
.sign{vertical-align:-1px}
.badge{white-space:nowrap;font-weight:600}
.note,.none,caption,footer{color:var(--soft)}
.note{display:block;font-size:.87em}
.error{display:block;font-size:.87em;max-width:32rem;max-height:4.5em;overflow:hidden;color:var(--ink)}
.name{font-weight:600}.name,.error,td code,.notices,h1{overflow-wrap:anywhere}
.count{display:block;white-space:nowrap}
.notices{margin:0 0 1rem;padding:.6rem 1rem .6rem 2rem;border-left:4px solid var(--bad);background:var(--sheet)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.5rem;margin:0 0 1rem}
.figures div{background:var(--sheet);border-radius:6px;padding:.5rem .75rem}
dt{color:var(--soft);font-size:.87em}dd{margin:0;font-weight:600}
.states,.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;margin:0 0 .75rem;padding:0}
.states a{text-decoration:none}.states a:hover{text-decoration:underline}
.states [aria-current]{font-weight:600;text-decoration:underline}
.legend .badge{font-weight:400;font-size:.87em}
.lane{display:grid;grid-template-columns:11rem 1fr;gap:0 1rem;align-items:start}
.lane-name{white-space:nowrap;overflow:hidden;text-overflow:ellipsis;font-size:.9em;line-height:17px}
.track,.axis{display:block;overflow:visible}
.track line{stroke:var(--line)}
.track .bar{opacity:.35}
.track a:focus-visible{outline:none}
.track a:focus-visible path{stroke:var(--ink);stroke-width:2px;paint-order:stroke}
.tip{display:none;font-size:12px;fill:var(--ink);stroke:var(--ground);stroke-width:5px;paint-order:stroke;pointer-events:none}
.track a:hover .tip,.track a:focus-visible .tip{display:block}
.axis text{font-size:12px;fill:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:.93em}
caption{text-align:left;padding:.25rem 0 .5rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .75rem .45rem 0;font-weight:400;border-top:1px solid var(--line)}
thead th{color:var(--soft);font-size:.9em;border-top:0;white-space:nowrap}
tbody tr:target{background:var(--sheet)}
td time{white-space:nowrap}
td code{font-size:.87em;color:var(--soft)}
.nowrap{white-space:nowrap}
.spark{vertical-align:top}.spark rect{fill:var(--calm)}.spark .bad{fill:var(--bad)}
.figure{display:block;white-space:nowrap;font-size:.87em}
form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:0 0 .5rem}
input,button{font:inherit;color:inherit;background:var(--sheet);border:1px solid var(--soft);border-radius:6px;padding:.3rem .6rem}
input{width:14rem;max-width:100%}
.skip{position:absolute;left:-99rem}
.skip:focus{position:static}
footer{margin-top:2rem;border-top:1px solid var(--line);font-size:.87em}
@media(max-width:44rem){
body{padding:.75rem 1rem 2rem}
.lane{grid-template-columns:1fr}.lane-name{margin-top:.4rem}
.minor{display:none}
table,tbody,tr,td,tbody th,caption{display:block}
thead{position:absolute;left:-99rem}
tr{border-top:1px solid var(--line);padding:.5rem 0}
th,td{border:0;padding:.1rem 0}
td{padding-left:7rem;position:relative}
td::before{content:attr(data-label);color:var(--soft);position:absolute;left:0}
td:empty{display:none}
.figure{display:inline}
}
@media print{header a,form,.skip{display:none}}
`;

/** In one piece: the page's policy names the hash of what stands between the tags. */
export const STYLE_ELEMENT: Html = trusted(`<style>${STYLE}</style>`);
