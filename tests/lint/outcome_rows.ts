import { bundle, judged, OK, preflight, type Row } from "./row.ts";

/** Mistakes that are found, rule by rule. */
export const OUTCOME_ROWS: readonly Row[] = [
  {
    code: "SB301",
    name: "an analyzer that says nothing",
    text: judged("    - clusterVersion: {}\n"),
    at: "9:7",
    message: /^The analyzer clusterVersion has no outcomes/,
  },
  {
    code: "SB302",
    name: "an outcome behind one without a condition",
    text: judged(
      "    - clusterVersion:\n        outcomes:\n          - pass: {message: a}\n" +
        "          - fail: {when: '< 1.2.0', message: b}\n",
    ),
    at: "12:13",
    message: /^This outcome is never reached: outcome 1 has no condition/,
  },
  {
    code: "SB302",
    name: "the same condition twice",
    text: judged(
      "    - clusterVersion:\n        outcomes:\n          - fail: {when: '< 1.2.0', message: b}\n" +
        "          - warn: {when: ' <  1.2.0', message: c}\n          - pass: {message: a}\n",
    ),
    at: "12:13",
    message: /^This outcome is never reached: outcome 1 has the same condition$/,
  },
  {
    code: "SB303",
    name: "two verdicts in one outcome",
    text: judged(
      "    - clusterVersion:\n        outcomes:\n          - pass: {message: a}\n            fail: {message: b}\n",
    ),
    at: "11:13",
    message: /^This outcome has fail and pass; fail alone counts$/,
  },
  {
    code: "SB304",
    name: "an outcome without words",
    text: judged("    - clusterVersion: {outcomes: [{pass: {when: '> 1.0.0'}}]}\n"),
    at: "9:36",
    message: /^This outcome has no message$/,
  },
  {
    code: "SB305",
    name: "what nobody gathers",
    text: judged("    - registryImages: {outcomes: [{pass: {message: a}}]}\n"),
    at: "9:7",
    message: /^No collector registryImages gathers what registryImages reads$/,
  },
  {
    code: "SB305",
    name: "what is gathered under another name",
    text: judged(
      "    - mysql: {collectorName: db, outcomes: [{pass: {message: a}}]}\n",
      "mysql: {collectorName: other, uri: a}",
    ),
    at: "9:7",
    message: /^No collector mysql with the collectorName 'db' gathers what mysql reads$/,
  },
  {
    code: "SB305",
    name: "a file that nobody writes",
    text: judged("    - textAnalyze: {fileName: dd/c, regex: a, outcomes: [{pass: {message: a}}]}\n"),
    at: "9:7",
    message: /^No collector writes to 'dd', where textAnalyze looks$/,
  },
  {
    code: "SB305",
    name: "a Secret that nobody asks for",
    text: judged(
      "    - secret: {namespace: n, secretName: b, outcomes: [{pass: {message: a}}]}\n",
      "secret: {namespace: n, name: a}",
    ),
    at: "9:7",
    message: /^No collector secret names 'b'$/,
  },
  {
    code: "SB306",
    name: "a Deployment of no namespace",
    text: judged("    - deploymentStatus: {name: a}\n"),
    at: "9:7",
    message: /^The analyzer deploymentStatus names an object and no namespace/,
  },
  {
    code: "SB401",
    name: "yes in the place of a text",
    text: judged("    - clusterVersion:\n        outcomes:\n          - pass: {message: yes} # well\n"),
    at: "11:29",
    message: /^Without quotes this is a boolean in YAML 1.1/,
    fixed: judged('    - clusterVersion:\n        outcomes:\n          - pass: {message: "yes"} # well\n'),
  },
  {
    code: "SB401",
    name: "a number that loses its last zero",
    text: bundle("    - data:\n        name: a\n        data: 1.20\n"),
    at: "9:15",
    message: /^Without quotes this is a number in YAML 1.1/,
    fixed: bundle('    - data:\n        name: a\n        data: "1.20"\n'),
  },
  {
    code: "SB402",
    name: "no docString",
    text: bundle(OK),
    at: "5:1",
    message: /^Some collectors are missing docString \(recommended for v1beta3\)$/,
  },
  {
    code: "SB501",
    name: "a password in an address",
    text: bundle("    - postgres: {uri: 'postgres://app:s3cr3tpw@db/x'}\n"),
    at: "7:23",
    message: /^A password stands in this address$/,
  },
  {
    code: "SB501",
    name: "a token in a header",
    text: bundle("    - http: {name: a, get: {url: http://a, headers: {Authorization: Bearer s3cr3tpw}}}\n"),
    at: "7:69",
    message: /^The value of 'Authorization' stands in the spec$/,
  },
  {
    code: "SB501",
    name: "a password in an environment variable",
    text: bundle(
      "    - runPod: {name: a, namespace: b, podSpec: {containers: [{image: d, env: [{name: DB_PASSWORD, value: s3cr3tpw}]}]}}\n",
    ),
    at: "7:106",
    message: /^The value of 'DB_PASSWORD' stands in the spec$/,
  },
  {
    code: "SB601",
    name: "braces that are not closed",
    text: judged("    - clusterPodStatuses: {outcomes: [{pass: {message: '{{ .Name }'}}]}\n"),
    at: "9:57",
    message: /^Unmatched template braces: 1 opening, 0 closing$/,
  },
  {
    code: "SB602",
    name: "a field without its dot",
    text: judged("    - clusterPodStatuses: {outcomes: [{pass: {message: '{{ Name }} is'}}]}\n"),
    at: "9:57",
    message: /^Template expression may be missing leading dot: \{\{ Name \}\}$/,
    fixed: judged("    - clusterPodStatuses: {outcomes: [{pass: {message: '{{ .Name }} is'}}]}\n"),
  },
  {
    code: "SB602",
    name: "a value without its dot, in a template",
    text: preflight("# {{ .Values.b }}\nspec: {analyzers: [{clusterVersion: {checkName: {{ Values.a }}}}]}\n"),
    at: "5:49",
    message: /^Template expression may be missing leading dot: \{\{ Values.a \}\}$/,
    values: {},
    fixed: preflight("# {{ .Values.b }}\nspec: {analyzers: [{clusterVersion: {checkName: {{ .Values.a }}}}]}\n"),
  },
  {
    code: "SB603",
    name: "a template in v1beta2",
    text: bundle("    - clusterInfo: {collectorName: '{{ .Values.a }}'}\n"),
    at: "7:1",
    message: /^Templating is not supported in v1beta2 specs$/,
  },
  {
    code: "SB604",
    name: "a template that cannot be rendered",
    text: preflight('spec: {analyzers: [{{ required "say a" .Values.a }}]}\n'),
    at: "1:1",
    message: /^The template cannot be rendered: required: say a$/,
    values: {},
  },
  {
    code: "SB605",
    name: "values that nobody gave",
    text: preflight(
      "spec:\n  analyzers:\n    {{- if .Values.a.enabled }}\n    - x: {}\n    {{- end }}\n" +
        "    - deploymentStatus: {docString: d, checkName: x{{ .Values.b }}}\n",
    ),
    at: "1:1",
    message: /^Template values that must be provided at runtime: a.enabled, b$/,
    values: {},
  },
  {
    code: "SB606",
    name: "values for a spec that takes none",
    text: bundle(OK),
    at: "1:1",
    message: /^--values and --set are for templates in v1beta3 specs$/,
    values: {},
  },
];
