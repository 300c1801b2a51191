import type { Code } from "../../src/lint/rules.ts";

/** A mistake, where it is found, and what is left of it once it is repaired. */
export interface Row {
  code: Code;
  name: string;
  text: string;
  /** `line:column` */
  at: string;
  message: RegExp;
  /** The whole text after `--fix`; absent: nothing repairs it. */
  fixed?: string;
  values?: Record<string, unknown>;
}

const HEAD = "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata:\n  name: a\n";

/** A SupportBundle; its list starts in line 6, its entries in line 7. */
export const bundle = (entries: string, list = "collectors") => `${HEAD}spec:\n  ${list}:\n${entries}`;
/** One with a collector, so that only the analyzers are to be found fault with; they start in line 9. */
export const judged = (entries: string, collector = "data: {name: d, collectorName: c, data: x}") =>
  `${HEAD}spec:\n  collectors:\n    - ${collector}\n  analyzers:\n${entries}`;

const OK = "    - clusterInfo: {}\n";
const preflight = (text: string) =>
  `apiVersion: troubleshoot.sh/v1beta3\nkind: Preflight\nmetadata: {name: p}\n${text}`;

export const ROWS: readonly Row[] = [
  { code: "SB101", name: "no YAML", text: HEAD + "spec: [a\n", at: "6:1", message: /^YAML syntax error: / },
  {
    code: "SB101",
    name: "a key twice",
    text: HEAD + "kind: Redactor\n",
    at: "5:1",
    message: /^YAML syntax error: Map keys must be unique/,
  },
  {
    code: "SB102",
    name: "no apiVersion",
    text: "kind: X\n",
    at: "1:1",
    message: /^Missing or empty 'apiVersion' field$/,
  },
  {
    code: "SB103",
    name: "an apiVersion with a slip in its name",
    text: bundle(OK).replace("troubleshoot.sh", "troubleshot.sh"),
    at: "1:13",
    message: /"troubleshot.sh\/v1beta2" is not known/,
    fixed: bundle(OK),
  },
  {
    code: "SB103",
    name: "an apiVersion that may be any",
    text: bundle(OK).replace("v1beta2", "v1beta9"),
    at: "1:13",
    message: /is not known/,
  },
  {
    code: "SB104",
    name: "an old apiVersion",
    text: bundle(OK).replace("troubleshoot.sh/v1beta2", '"troubleshoot.replicated.com/v1beta1" # old'),
    at: "1:13",
    message: /is an old name/,
    fixed: bundle(OK).replace("troubleshoot.sh/v1beta2", '"troubleshoot.sh/v1beta2" # old'),
  },
  {
    code: "SB105",
    name: "no kind",
    text: bundle(OK).replace("kind: SupportBundle\n", ""),
    at: "1:1",
    message: /^Missing or empty 'kind' field$/,
  },
  {
    code: "SB106",
    name: "a kind with a slip",
    text: bundle(OK).replace("SupportBundle", "SupportBundel"),
    at: "2:7",
    message: /^Expected kind 'Preflight' or 'SupportBundle' \(found 'SupportBundel'\)$/,
    fixed: bundle(OK),
  },
  {
    code: "SB107",
    name: "no metadata",
    text: bundle(OK).replace("metadata:\n  name: a\n", "# why\n"),
    at: "1:1",
    message: /^Missing 'metadata' section$/,
    fixed: bundle(OK).replace("name: a\n", "name: my-spec\n# why\n"),
  },
  {
    code: "SB107",
    name: "metadata without a name",
    text: bundle(OK).replace("name: a", "labels: {x: y}"),
    at: "4:3",
    message: /^Missing 'metadata.name'$/,
    fixed: bundle(OK).replace("name: a", "name: my-spec\n  labels: {x: y}"),
  },
  { code: "SB108", name: "no spec", text: HEAD, at: "1:1", message: /^Missing 'spec' section$/ },
  {
    code: "SB109",
    name: "a list with a slip in its name",
    text: bundle(OK, "colectors") + "  hostCollectors: [{cpu: {}}]\n",
    at: "6:3",
    message: /^A SupportBundle has no field 'colectors'$/,
    fixed: bundle(OK) + "  hostCollectors: [{cpu: {}}]\n",
  },
  {
    code: "SB109",
    name: "a list beside spec",
    text: HEAD + "spec: {hostCollectors: [{cpu: {}}]}\ncollectors: []\n",
    at: "6:1",
    message: /has no field 'collectors' beside spec/,
  },
  {
    code: "SB110",
    name: "nothing to collect",
    text: HEAD + "spec:\n  analyzers: []\n",
    at: "5:1",
    message: /^SupportBundle spec must contain 'collectors' or 'hostCollectors'$/,
  },
  {
    code: "SB110",
    name: "an empty list of collectors",
    text: bundle("").replace("collectors:", "collectors: []"),
    at: "6:3",
    message: /^Collectors list is empty$/,
  },
  {
    code: "SB110",
    name: "a Preflight that checks nothing",
    text: preflight("spec: {analyzers: []}\n"),
    at: "4:8",
    message: /^Preflight spec must have at least one analyzer$/,
  },
  {
    code: "SB110",
    name: "a Preflight without analyzers",
    text: preflight("spec: {collectors: []}\n"),
    at: "4:1",
    message: /^Preflight spec must contain 'analyzers'$/,
  },
  {
    code: "SB111",
    name: "a field that nothing is done about",
    text: bundle(OK) + "  runHostCollectorsInPod: true\n",
    at: "8:3",
    message: /^'runHostCollectorsInPod' is read and not used/,
  },
  {
    code: "SB112",
    name: "a blank behind ---",
    text: bundle(OK) + "--- \n" + bundle(OK),
    at: "8:1",
    message: /^Something stands behind ---/,
    fixed: bundle(OK) + "---\n" + bundle(OK),
  },
  {
    code: "SB112",
    name: "a comment behind ---",
    text: bundle(OK) + "--- # next\n" + bundle(OK),
    at: "8:1",
    message: /^Something stands behind ---/,
    fixed: bundle(OK) + "---\n# next\n" + bundle(OK),
  },
  {
    code: "SB113",
    name: "CRLF between documents",
    text: (bundle(OK) + "---\n" + bundle(OK)).replaceAll("\n", "\r\n"),
    at: "8:1",
    message: /^Line ends are CRLF/,
    fixed: bundle(OK) + "---\n" + bundle(OK),
  },
  {
    code: "SB114",
    name: "something else",
    text: "apiVersion: apps/v1\nkind: Deployment\n",
    at: "2:7",
    message: /^Ignored: a Deployment \(apps\/v1\)/,
  },
  {
    code: "SB114",
    name: "a ConfigMap without specs",
    text: "apiVersion: v1\nkind: ConfigMap\ndata: {a: b}\n",
    at: "2:7",
    message: /none of the keys support-bundle-spec/,
  },
  { code: "SB115", name: "a list", text: "- a\n", at: "1:1", message: /not a mapping/ },
  { code: "SB115", name: "nothing", text: "# nothing\n", at: "1:1", message: /There is no spec in it/ },
  {
    code: "SB116",
    name: "a redactor whose pattern cannot be read",
    text: bundle(OK).replace("SupportBundle", "Redactor").replace(
      /spec:[^]*/,
      "spec:\n  redactors:\n    - name: x\n      removals: {regex: [{redactor: '('}]}\n",
    ),
    at: "7:7",
    message: /Cannot use redactor "x"/,
  },
  {
    code: "SB201",
    name: "a mapping in the place of a list",
    text: bundle("    clusterInfo: {}\n    # here\n    logs:\n      name: a\n      selector:\n      - a=b\n"),
    at: "7:5",
    message: /^Expected 'collectors' to be a list$/,
    fixed: bundle(
      "    - clusterInfo: {}\n      # here\n    - logs:\n        name: a\n        selector:\n        - a=b\n",
    ),
  },
  {
    code: "SB201",
    name: "a word in the place of host collectors",
    text: bundle(OK) + "  hostCollectors: none\n",
    at: "8:19",
    message: /^Expected 'hostCollectors' to be a list$/,
    fixed: bundle(OK) + "  hostCollectors: []\n",
  },
  {
    code: "SB202",
    name: "an entry that is only a name",
    text: bundle("    - clusterInfo # all of it\n"),
    at: "7:7",
    message: /^Expected collector entry to be a mapping$/,
    fixed: bundle("    - clusterInfo: {} # all of it\n"),
  },
  {
    code: "SB202",
    name: "an analyzer that is a list",
    text: judged("    - [a]\n"),
    at: "9:7",
    message: /^Expected analyzer entry to be a mapping$/,
  },
  {
    code: "SB203",
    name: "two kinds in one entry",
    text: bundle("    - clusterInfo: {}\n      clusterResources: {}\n"),
    at: "7:7",
    message: /^Collector entry must specify exactly one collector type$/,
  },
  {
    code: "SB203",
    name: "an entry without a kind",
    text: judged("    - docString: x\n"),
    at: "9:7",
    message: /^Analyzer entry must specify exactly one analyzer type$/,
  },
  {
    code: "SB204",
    name: "a kind with a text below it",
    text: bundle("    - logs: a\n"),
    at: "7:13",
    message: /^Expected collector definition to be a mapping$/,
  },
  {
    code: "SB205",
    name: "a kind with nothing below it",
    text: bundle("    - clusterInfo:   # all of it\n"),
    at: "7:7",
    message: /^Nothing stands under clusterInfo/,
    fixed: bundle("    - clusterInfo: {}   # all of it\n"),
  },
  {
    code: "SB206",
    name: "a kind with a slip",
    text: bundle("    - 'clusterInof': {}\n"),
    at: "7:7",
    message: /^Unknown collector type 'clusterInof'$/,
    fixed: bundle("    - 'clusterInfo': {}\n"),
  },
  {
    code: "SB206",
    name: "a kind that nothing is like",
    text: judged("    - horoscope: {}\n"),
    at: "9:7",
    message: /^Unknown analyzer type 'horoscope'$/,
  },
  {
    code: "SB206",
    name: "a host collector among those of the cluster",
    text: bundle("    - blockDevices: {}\n"),
    at: "7:7",
    message: /^Unknown collector type 'blockDevices'$/,
  },
  {
    code: "SB207",
    name: "a field that has to be there",
    text: bundle("    - http: {name: a, get: {}}\n"),
    at: "7:28",
    message: /^Missing required field 'get.url' for collector 'http'$/,
  },
  {
    code: "SB208",
    name: "a field with a slip",
    text: bundle("    - logs:\n        selectors: [a=b] # all\n"),
    at: "8:9",
    message: /^Unknown field 'selectors' for collector 'logs'$/,
    fixed: bundle("    - logs:\n        selector: [a=b] # all\n"),
  },
  {
    code: "SB208",
    name: "a field with a slip whose right name is there, too",
    text: bundle("    - logs: {selectors: [a=b], selector: [a=b]}\n"),
    at: "7:14",
    message: /^Unknown field 'selectors' for collector 'logs'$/,
  },
  {
    code: "SB208",
    name: "a field that nothing is like",
    text: bundle("    - clusterInfo: {horoscope: 1}\n"),
    at: "7:21",
    message: /^Unknown field 'horoscope' for collector 'clusterInfo'$/,
  },
  {
    code: "SB209",
    name: "a text in the place of a list",
    text: bundle("    - logs: {selector: a=b}\n"),
    at: "7:24",
    message: /^logs.selector must be a list$/,
  },
  {
    code: "SB210",
    name: "a condition behind one that matches",
    text: judged(
      "    - clusterVersion:\n        outcomes:\n          - pass: {when: '>= 1.0.0', message: a}\n" +
        "          - fail: {when: '=> 1.2.0', message: b}\n",
    ),
    at: "12:26",
    message: /^clusterVersion: Cannot read/,
  },
  {
    code: "SB210",
    name: "a pattern",
    text: judged(
      "    - textAnalyze:\n        fileName: d/c\n        regex: 'a('\n        outcomes: [{pass: {message: a}}]\n",
    ),
    at: "11:16",
    message: /^textAnalyze: Cannot read the regex/,
  },
  {
    code: "SB211",
    name: "two files of one name",
    text: bundle("    - data: {name: a, data: x}\n    - data: {name: a, data: y}\n"),
    at: "8:7",
    message: /^This writes the same files as spec.collectors\[0\].data$/,
  },
  {
    code: "SB211",
    name: "one collector twice",
    text: HEAD + "spec:\n  hostCollectors:\n    - cpu: {}\n    - cpu: {}\n",
    at: "8:7",
    message: /^This is the same as spec.hostCollectors\[0\].cpu: it runs once$/,
  },
  {
    code: "SB212",
    name: "a Secret of no namespace",
    text: bundle("    - secret: {name: a}\n"),
    at: "7:7",
    message: /^The collector secret names no namespace/,
  },
  {
    code: "SB212",
    name: "certificates of no namespace",
    text: bundle("    - certificates: {secrets: [{name: a}]}\n"),
    at: "7:32",
    message: /^Without namespaces nothing is collected$/,
  },
  {
    code: "SB213",
    name: "a kind that is known and not there",
    text: HEAD + "spec:\n  hostCollectors:\n    - kubernetes: {}\n",
    at: "7:7",
    message: /^The host collector kubernetes is not in this version$/,
  },
  {
    code: "SB214",
    name: "an old kind",
    text: bundle("    - run: {name: a, namespace: b, image: c}\n"),
    at: "7:7",
    message: /^The collector run is deprecated$/,
  },
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
