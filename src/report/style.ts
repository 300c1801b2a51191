import { BASE_STYLE, NARROW_TABLES } from "../core/html_look.ts";

/** Of the report: light and dark, wide and narrow, screen and paper. */
export const STYLE = `${BASE_STYLE}
html{scroll-padding-top:3.5rem}
h2:focus,h2:focus-visible{outline:none}
h2{font-size:1.3rem;margin:2.75rem 0 .75rem;padding-top:.25rem}
h3{font-size:1.02rem;margin:1.5rem 0 .5rem}
header,main{overflow-wrap:anywhere}
td .badge{white-space:normal}
p{margin:0 0 .75rem}
.lead{color:var(--soft);margin:-.4rem 0 1rem}
.soft{color:var(--soft)}.nowrap{white-space:nowrap}
.note-inline{color:var(--soft);font-weight:400;font-size:.9em;margin-left:.15rem}
code,pre{font:.9em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
pre{margin:0 0 .75rem;padding:.55rem .8rem;background:var(--sheet);border:1px solid var(--line);border-radius:6px;
white-space:pre-wrap;overflow-wrap:anywhere}
.figures{grid-template-columns:repeat(auto-fit,minmax(8.2rem,1fr))}
.figures dd{font-size:1.2rem;line-height:1.35;color:var(--ink)}
.figures .bad dd{color:var(--bad)}.figures .warn dd{color:var(--warn)}.figures .held dd{color:var(--held)}
nav{position:sticky;top:0;z-index:1;background:var(--ground);border-bottom:1px solid var(--line);margin:0 0 1rem}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:0 1.4rem;margin:0;padding:0}
nav a{display:inline-block;padding:.6rem 0;text-decoration:none;font-weight:600}
nav a:hover{text-decoration:underline}
.card{margin:0 0 .75rem;padding:.7rem 1rem .75rem;background:var(--sheet);border-left:4px solid var(--calm);border-radius:0 6px 6px 0}
.card>:last-child{margin-bottom:0}
.card h4{margin:0;font-size:1rem;overflow-wrap:anywhere}
.bad-edge{border-color:var(--bad)}.warn-edge{border-color:var(--warn)}.held-edge{border-color:var(--held)}
.tags{display:flex;flex-wrap:wrap;gap:.1rem .8rem;margin:.1rem 0 .4rem;font-size:.87em}
.tag{font-weight:600}
.message{white-space:pre-wrap;max-height:24rem;overflow:auto}
.explained{margin:0 0 .6rem}
.explained div{display:grid;grid-template-columns:8rem 1fr;gap:0 .75rem;padding:.15rem 0}
.explained dd{font-weight:400;white-space:pre-wrap}
.explained .next dd{font-weight:600}
.names{display:flex;flex-wrap:wrap;gap:.1rem 1rem;list-style:none;margin:0;padding:0}
.evidence{display:flex;flex-wrap:wrap;gap:.1rem 1.2rem;font-size:.87em}
.file{font:.9em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
.line{color:var(--soft)}
details{margin:0 0 .75rem}
summary{cursor:pointer;color:var(--link);padding:.35rem 0;font-weight:600}
details[open]>summary{margin-bottom:.5rem}
.passed,.plain{list-style:none;margin:0;padding:0}
.passed li{padding:.2rem 0}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:.75rem}
.panel{background:var(--sheet);border-radius:6px;padding:.7rem 1rem .8rem;min-width:0}
.panel h3{margin:0 0 .25rem;font-size:.87em;font-weight:400;color:var(--soft)}
.panel>:last-child{margin-bottom:0}
.big{font-size:1.25rem;font-weight:600;line-height:1.3;margin:0 0 .4rem}
.legend{gap:.1rem 1rem;margin-top:.4rem}
.stack,.hbar{display:block;border-radius:3px}
.stack rect{fill:currentColor;stroke:var(--sheet);stroke-width:1px}
.hbar{margin:.15rem 0 .35rem;max-width:14rem}
.hbar .ground{fill:var(--line)}
.bars li{display:grid;grid-template-columns:1fr auto;gap:0 .75rem;align-items:baseline}
.bars .hbar{grid-column:1/-1;max-width:none}
.timeline{margin:0 0 1rem}
.lane{display:grid;grid-template-columns:13rem 1fr;gap:0 1rem;align-items:end;margin-bottom:.35rem}
.lane-name{font-size:.93em}
.track,.axis{display:block;overflow:visible}
.track line{stroke:var(--line)}
td strong{font-weight:600}
td{min-width:5.5rem}
td:has(.file){min-width:12rem}
td:has(.badge){min-width:12.5rem}
.quiet caption{position:absolute;left:-99rem}
.quiet table{table-layout:fixed}
.place{display:inline-block}
tbody th{font-weight:600}
td time,tbody th time{white-space:nowrap}
footer p{margin:.75rem 0}
@media(max-width:52rem){
body{padding:.75rem 1rem 2rem}
html{scroll-padding-top:0}
h1{font-size:1.45rem}
nav{position:static}
.figures{grid-template-columns:repeat(2,1fr)}
.panels{grid-template-columns:1fr}
.explained div{display:block}
.lane{grid-template-columns:1fr}
.minor{display:none}
${NARROW_TABLES}
td,td:has(.file),td:has(.badge){padding-left:6.2rem;min-width:0}
}
@media print{
:root{--ink:#000;--soft:#444;--ground:#fff;--sheet:#fff;--line:#bbb;--link:#000;--good:#116329;--warn:#855000;--bad:#b3121d;
--held:#7a2f9c;--busy:#0550ae;--calm:#57606a}
body{max-width:none;padding:0;font-size:10pt}
nav,.skip,summary{display:none}
details::details-content{display:block;content-visibility:visible;block-size:auto}
.message{max-height:none}
.card{border-style:solid;border-width:1px 1px 1px 4px}
.panel{border:1px solid var(--line)}
.card,.panel,tr{break-inside:avoid}
h2,h3{break-after:avoid}
svg,rect{print-color-adjust:exact}
}
`;
