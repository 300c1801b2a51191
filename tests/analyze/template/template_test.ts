import { strictEqual, throws } from "node:assert/strict";
import { compileTemplate } from "../../../src/analyze/template/template.ts";
import { Struct } from "../../../src/analyze/template/values.ts";

const data = {
  Name: "web",
  Count: 3,
  Zero: 0,
  Empty: "",
  Nothing: null,
  On: true,
  Tags: ["a", "b", "c"],
  None: [],
  Labels: { app: "shop", tier: "front" },
  Deep: { List: [{ Name: "first" }, { Name: "second" }] },
  Typed: Struct.of("Pod", { Name: "p", Inner: Struct.of("Status", { Phase: "Running" }) }),
};

const behaviour: [template: string, rendered: string][] = [
  ["no action", "no action"],
  ["a } b { c }} d", "a } b { c }} d"],
  ["Pod {{ .Name }}!", "Pod web!"],
  ["{{.Name}}/{{.Count}}", "web/3"],
  ["{{ .Labels.app }}", "shop"],
  ["{{ .Missing }}", "<no value>"],
  ["{{ .Nothing }}", "<no value>"],
  ["{{ .constructor }}", "<no value>"],
  ["{{ .Labels.__proto__ }}", "<no value>"],
  ["{{ .Typed.Inner.Phase }}", "Running"],
  ["{{ .Tags }} {{ .Labels }} {{ .On }}", "[a b c] map[app:shop tier:front] true"],
  ["{{ (index .Deep.List 1).Name }}", "second"],
  ['{{ index .Labels "tier" }}', "front"],
  ['[{{ index .Labels "none" }}]', "[]"],
  ["{{ index .Tags 2 }}", "c"],
  // White space and comments
  ["a  {{- .Name -}}  b", "awebb"],
  ["a {{/* nothing */}} b", "a  b"],
  ["a {{- /* nothing */ -}} b", "ab"],
  ["{{\n.Name\n}}", "web"],
  // Control
  ["{{ if .On }}yes{{ else }}no{{ end }}", "yes"],
  ["{{ if .Zero }}yes{{ else }}no{{ end }}", "no"],
  ["{{ if .None }}yes{{ else if .Empty }}2{{ else }}3{{ end }}", "3"],
  ["{{ if .None }}yes{{ else if .On }}2{{ else }}3{{ end }}.", "2."],
  ["{{ with .Labels }}{{ .app }} of {{ $.Name }}{{ end }}", "shop of web"],
  ["{{ with .Empty }}x{{ else }}{{ .Name }}{{ end }}", "web"],
  ["{{ range .Tags }}<{{ . }}>{{ end }}", "<a><b><c>"],
  ["{{ range $i, $t := .Tags }}{{ $i }}{{ $t }} {{ end }}", "0a 1b 2c "],
  ["{{ range $k, $v := .Labels }}{{ $k }}={{ $v }};{{ end }}", "app=shop;tier=front;"],
  ["{{ range .None }}x{{ else }}none{{ end }}", "none"],
  ['{{ range .Tags }}{{ if eq . "b" }}{{ break }}{{ end }}{{ . }}{{ end }}', "a"],
  ['{{ range .Tags }}{{ if eq . "b" }}{{ continue }}{{ end }}{{ . }}{{ end }}', "ac"],
  ["{{ range .Deep.List }}{{ .Name }} {{ end }}", "first second "],
  ['{{ $n := .Name }}{{ if .On }}{{ $n = "set" }}{{ end }}{{ $n }}', "set"],
  ['{{ $n := .Name }}{{ if .On }}{{ $n := "inner" }}{{ end }}{{ $n }}', "web"],
  // Pipes, operators, literals
  ["{{ .Name | upper | quote }}", '"WEB"'],
  ['{{ printf "%s-%03d-%5.2f-%q-%v%%" .Name .Count 1.5 "x" .Tags }}', 'web-003- 1.50-"x"-[a b c]%'],
  ['{{ printf "%-5s|%5s|%x" "ab" "cd" 255 }}', "ab   |   cd|ff"],
  ["{{ and .On .Count }} {{ or .Empty .Name }} {{ not .On }}", "3 web false"],
  ['{{ or .On (fail "never asked") }}', "true"],
  ['{{ eq .Name "x" "web" }} {{ ne .Count 3 }} {{ lt .Count 4 }} {{ ge "b" "a" }}', "true false true true"],
  ["{{ len .Tags }}{{ len .Name }}", "33"],
  ['{{ `raw \\n` }}{{ "a\\tb\\u0041" }}', "raw \\na\tbA"],
  ["{{ -5 }} {{ 1.5 }} {{ 0x10 }} {{ nil | default 7 }}", "-5 1.5 16 7"],
  // Functions
  ['{{ default "d" .Empty }} {{ .Missing | default "d" }}', "d d"],
  ['{{ coalesce .Empty .Zero .Name }} {{ ternary "y" "n" .On }} {{ empty .None }}', "web y true"],
  [
    '{{ lower "AB" }} {{ title "foo bar" }} {{ trim " x " }} {{ trunc 2 "abc" }} {{ trunc -2 "abc" }}',
    "ab Foo Bar x ab bc",
  ],
  ['{{ trimPrefix "a" "abc" }} {{ trimSuffix "c" "abc" }} {{ trimAll "-" "--a-" }}', "bc ab a"],
  ['{{ replace "a" "$&" "banana" }} {{ contains "an" "banana" }}', "b$&n$&n$& true"],
  ['{{ hasPrefix "ba" "bar" }} {{ hasSuffix "x" "bar" }} {{ repeat 3 "ab" }}', "true false ababab"],
  ['{{ join ", " .Tags }} {{ splitList "," "x,y" | last }} {{ first .Tags }} {{ rest .Tags }}', "a, b, c y a [b c]"],
  ['{{ list 1 2 | len }} {{ has "b" .Tags }} {{ uniq (list "a" "a") }} {{ reverse .Tags }}', "2 true [a] [c b a]"],
  ['{{ get (dict "k" "v") "k" }} {{ hasKey .Labels "app" }} {{ keys .Labels | sortAlpha }}', "v true [app tier]"],
  [
    '{{ int "12" | add 1 }} {{ sub 5 7 }} {{ mul 2 3 4 }} {{ div 7 2 }} {{ mod 7 4 }} {{ max 1 5 2 }}',
    "13 -2 24 3 3 5",
  ],
  ['{{ toString .Count | repeat 2 }} {{ round 3.14159 2 }} {{ plural "pod" "pods" .Count }}', "33 3.14 pods"],
  ['{{ toJson .Labels }} {{ squote "a" }} {{ nospace "a b" }}', `{"app":"shop","tier":"front"} 'a' ab`],
  ['{{ indent 2 "a\\nb" }}', "  a\n  b"],
];

for (const [template, rendered] of behaviour) {
  Deno.test(`compileTemplate() renders ${template.replaceAll("\n", "⏎")}`, () =>
    strictEqual(compileTemplate(template).render(data), rendered));
}

Deno.test("compileTemplate() takes the value for missing keys that it is given", () =>
  strictEqual(compileTemplate("[{{ .Missing }}]").render({}, ""), "[]"));

const unreadable: [template: string, problem: RegExp][] = [
  ["{{ .Name ", /not closed/],
  ["{{ if .On }}x", /\{\{end\}\} is missing/],
  ["x{{ end }}", /unexpected \{\{end\}\}/],
  ["{{ if .On }}a{{ else }}b{{ else }}c{{ end }}", /more than one/],
  ['{{ env "HOME" }}', /no function "env"/],
  ["{{ constructor }}", /no function "constructor"/],
  ["{{ .Name | nope }}", /no function "nope"/],
  ['{{ template "x" }}', /not supported/],
  ["{{ }}", /empty/],
  ["{{ | upper }}", /empty/],
  ["{{ .Name .Count }}", /not a function/],
  ["{{ (upper .Name }}", /not closed/],
  ["{{ upper .Name) }}", /unexpected \)/],
  ["{{ .Name; }}", /unexpected ";/],
  ["{{ break }}", /outside range/],
  ["{{ if .On }}".repeat(60) + "{{ end }}".repeat(60), /too deeply/],
];

for (const [template, problem] of unreadable) {
  Deno.test(`compileTemplate() refuses ${template.slice(0, 50)}`, () =>
    throws(() => compileTemplate(template), { code: "SPEC_WHEN", message: problem }));
}

const unrenderable: [template: string, problem: RegExp][] = [
  ["{{ .Typed.Nope }}", /Pod has no field Nope/],
  ["{{ .Typed.Inner.Nope }}", /Status has no field Nope/],
  ["{{ .Missing.Deeper }}", /asked of nothing/],
  ["{{ .Name.Deeper }}", /asked of a string/],
  ["{{ $x }}", /no variable \$x/],
  ["{{ index .Tags 9 }}", /no item 9/],
  ["{{ range .Name }}{{ end }}", /range cannot go over/],
  ["{{ lt .Name 3 }}", /cannot order/],
  ['{{ printf "%d" "x" }}', /needs a number/],
  ['{{ printf "%s" }}', /no value/],
  ["{{ div 1 0 }}", /divides by zero/],
  ['{{ repeat 1000000000 "x" }}', /too long/],
  ['{{ printf "%999999999d" 1 }}', /too wide/],
  ['{{ fail "stop here" }}', /stop here/],
  ["{{ range .Many }}{{ range $.Many }}{{ range $.Many }}{{ end }}{{ end }}{{ end }}", /takes too long/],
  ["{{ range .Many }}{{ range $.Many }}" + "0123456789".repeat(30) + "{{ end }}{{ end }}", /output is too long/],
];

for (const [template, problem] of unrenderable) {
  Deno.test(`render() fails on ${template.slice(0, 60)}`, () => {
    const many = Array.from({ length: 300 }, (_, i) => i);
    throws(() => compileTemplate(template).render({ ...data, Many: many }), { message: problem });
  });
}
