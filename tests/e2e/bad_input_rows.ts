import { unsignedToken } from "../fixtures/oidc_provider.ts";

/** What somebody may write by mistake, and what must come of it. */
export interface Row {
  /** Lines below `collectors:`; the resources of a namespace and a note are collected beside them. */
  collectors?: string;
  /** A whole spec in its place. */
  spec?: string;
  /** Arguments in the place of the spec, or behind it where the first begins with a dash. */
  args?: string[];
  env?: Record<string, string>;
  exitCode: number;
  /** Every line on standard error, in order. */
  says: RegExp[];
  /** What must be in the bundle; without, there must be none. */
  has?: string[];
  /** Reasons in the manifest, by collector. */
  missing?: Record<string, RegExp>;
}

export const HEAD = "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata: {name: bad}\nspec:\n";
export const BESIDE =
  "  collectors:\n    - clusterResources: {namespaces: [quiet]}\n    - data: {name: note.txt, data: hello}\n";
/** The other collectors ran. */
const OTHERS = ["cluster-info/cluster_version.json", "cluster-resources/pods/quiet.json", "note.txt"];
export const PARTIAL = /^The bundle is partial: \d+ missing, MANIFEST\.json in it says what and why$/;
export const HOST = `${HEAD}${BESIDE}  hostCollectors: [{memory: {}}]\n`;
export const HOST_FILES = ["host-collectors/system/memory.json"];

export const rows: Record<string, Row> = {
  // Unknown collector
  "a misspelt collector": {
    collectors: "    - clusterInfoo: {}\n",
    exitCode: 2,
    says: [/^Error: spec\.yaml:8:7: There is no collector "clusterInfoo"$/, /^ {2}Did you mean clusterInfo\?$/],
  },
  "a misspelt host collector": {
    spec: `${HEAD}  hostCollectors: [{memroy: {}}]\n`,
    exitCode: 2,
    says: [/^Error: spec\.yaml:5:21: There is no host collector "memroy"$/, /^ {2}Did you mean memory\?$/],
  },
  "a misspelt analyzer": {
    spec: `${HEAD}${BESIDE}  analyzers: [{clusterVersoin: {outcomes: []}}]\n`,
    exitCode: 2,
    says: [/^Error: spec\.yaml:8:16: There is no analyzer "clusterVersoin"$/, /^ {2}Did you mean clusterVersion\?$/],
  },
  "a collector that nobody knows": {
    collectors: "    - teleport: {x: 1}\n",
    exitCode: 0,
    says: [/^Warning: spec\.yaml:8:7: ignored, there is no collector "teleport"$/, PARTIAL],
    has: OTHERS,
    missing: { teleport: /^spec\.yaml:8:7: this version cannot run "teleport"$/ },
  },
  // Misspelt field
  "a misspelt field": {
    collectors: "    - logs: {selectr: [app=web], namespace: shop}\n",
    exitCode: 2,
    says: [/^Error: spec\.yaml:8:14: logs has no field "selectr"$/, /^ {2}Did you mean selector\?$/],
  },
  "a misspelt field further in": {
    collectors: "    - logs: {selector: [app=web], limits: {maxLine: 5}}\n",
    exitCode: 2,
    says: [/^Error: spec\.yaml:8:44: logs has no field "limits\.maxLine"$/, /^ {2}Did you mean maxLines\?$/],
  },
  "a field that nobody knows": {
    collectors: "    - secret: {name: web-secret, namespace: shop, frobnicate: 1}\n",
    exitCode: 0,
    says: [/^Warning: spec\.yaml:8:51: ignored, secret has no field "frobnicate"$/],
    has: [...OTHERS, "secrets/shop/web-secret.json"],
  },
  // Wrong type
  "a mapping in the place of a list": {
    collectors: "    - logs: {selector: {app: hidden-word}}\n",
    exitCode: 2,
    says: [/^Error: spec\.yaml:8:24: logs\.selector must be a list$/, /^ {2}Start each of its entries with a dash/],
  },
  "a list in the place of text": {
    collectors: "    - secret: {name: [hidden-word]}\n",
    exitCode: 2,
    says: [/^Error: spec\.yaml:8:22: secret\.name must be text$/, /^ {2}Write it in quotes$/],
  },
  "a number in the place of a flag": {
    collectors: "    - logs: {selector: [app=web], timestamps: 5}\n",
    exitCode: 2,
    says: [/^Error: spec\.yaml:8:47: logs\.timestamps must be true or false/, /^ {2}Write true or false$/],
  },
  "text in the place of a number": {
    collectors: "    - logs: {selector: [app=web], limits: {maxLines: many}}\n",
    exitCode: 2,
    says: [/^Error: spec\.yaml:8:54: logs\.limits\.maxLines must be a number$/, /^ {2}Write a number, without quotes$/],
  },
  "text in the place of a collector": {
    collectors: "    - clusterInfo\n",
    exitCode: 2,
    says: [/^Error: spec\.yaml:8:7: This collector is not a mapping/, /^ {2}Write `- clusterInfo: \{\}`$/],
  },
  "a mapping in the place of collectors": {
    spec: `${HEAD}  collectors: {logs: {}}\n`,
    exitCode: 2,
    says: [/^Error: spec\.yaml:5:15: spec\.collectors must be a list$/, /^ {2}Start each entry with a dash$/],
  },
  "a document that is not YAML": {
    spec: `${HEAD}  collectors: [{data: {data: "hidden-word}}]\n`,
    exitCode: 2,
    says: [/^Error: spec\.yaml:\d+:\d+: /, /^ {2}\S/],
  },
  // Impossible selector
  "selectors that cannot be parsed": {
    collectors: '    - logs: {name: l, namespace: shop, selector: ["app in"]}\n' +
      '    - exec: {name: e, namespace: shop, selector: ["!!"], command: [ls]}\n' +
      '    - copy: {name: c, namespace: shop, selector: ["a=b=c"], containerPath: /x}\n' +
      '    - configMap: {namespace: shop, selector: ["app notin"]}\n',
    exitCode: 0,
    says: [PARTIAL],
    has: [...OTHERS, "l/errors.json", "e-errors.json", "c-errors.json", "configmaps-errors/shop/app notin.json"],
    missing: {
      "logs/app in":
        /^Cannot list "pods" in namespace "shop": the API server answered 400 \(unable to parse requirement/,
      "exec/!!": /answered 400/,
      "copy/a=b=c": /answered 400/,
      "configmap/app notin": /^Cannot list "configmaps" in namespace "shop": the API server answered 400/,
    },
  },
  "selectors that match nothing": {
    collectors: "    - logs: {name: l, namespace: shop, selector: [app=nowhere]}\n" +
      "    - exec: {name: e, namespace: shop, selector: [app=nowhere], command: [ls]}\n" +
      "    - logs: {name: n, namespace: nowhere, selector: [app=web]}\n",
    exitCode: 0,
    says: [],
    has: OTHERS,
    missing: {
      "logs/app=nowhere": /^No pod matches the selector "app=nowhere"$/,
      "exec/app=nowhere": /^No pod matches the selector "app=nowhere"$/,
      "logs/app=web": /^No pod matches the selector "app=web"$/,
    },
  },
  "a label to search specs by that cannot be parsed": {
    args: ["--load-cluster-specs", "-l", "app in"],
    exitCode: 0,
    says: [
      /^Warning: The cluster cannot be searched for specs: Cannot list "secrets": .* 400 .*; the run goes on without$/,
    ],
    has: OTHERS,
  },
  // Values
  "a duration that is none": {
    collectors: "    - run: {name: r, namespace: quiet, image: x, timeout: soon}\n",
    exitCode: 0,
    says: [PARTIAL],
    has: [...OTHERS, "collector-errors/run-error.json"],
    missing: { run: /^The timeout "soon" is not a duration$/ },
  },
  // Unreachable registry
  "a registry that cannot be reached, as a collector": {
    collectors: '    - registryImages: {images: ["127.0.0.1:1/x:1"]}\n',
    exitCode: 0,
    says: [],
    has: [...OTHERS, "registry/images.json"],
  },
  "a registry that cannot be reached, as the source of a spec": {
    args: ["oci://127.0.0.1:1/app"],
    exitCode: 2,
    says: [
      /^Error: Cannot read the specs of oci:\/\/127\.0\.0\.1:1\/app\S*: Cannot reach the registry 127\.0\.0\.1:1: .*refused/,
      /^ {2}Check/,
    ],
  },
  "a server of specs that cannot be reached": {
    args: ["http://127.0.0.1:1/spec.yaml"],
    exitCode: 2,
    says: [/^Error: Cannot download the spec http:\/\/127\.0\.0\.1:1\/spec\.yaml: .*refused/, /^ {2}Check/],
  },
  // Kubeconfig
  "a kubeconfig that is not YAML": {
    env: { KUBECONFIG: "garbled.cfg" },
    exitCode: 1,
    says: [/^Error: Cannot use the kubeconfig \S+garbled\.cfg: it is not valid YAML \(line \d\)$/, /^ {2}Compare/],
  },
  "a kubeconfig that is not YAML, beside host collectors": {
    spec: HOST,
    env: { KUBECONFIG: "garbled.cfg" },
    exitCode: 5,
    says: [
      PARTIAL,
      /^Error: Cannot use the kubeconfig \S+garbled\.cfg: it is not valid YAML \(line \d\)$/,
      /^ {2}Compare/,
    ],
    has: HOST_FILES,
    missing: { data: /garbled\.cfg/, "cluster-resources": /garbled\.cfg/ },
  },
  "a kubeconfig that is not YAML, as the way to a spec": {
    args: ["secret/shop/spec"],
    env: { KUBECONFIG: "garbled.cfg" },
    exitCode: 2,
    says: [
      /^Error: Cannot read the spec secret\/shop\/spec: Cannot use the kubeconfig \S+garbled\.cfg: /,
      /^ {2}Compare/,
    ],
  },
  "a kubeconfig with a wrong type": {
    args: ["--kubeconfig", "shape.cfg"],
    exitCode: 1,
    says: [
      /^Error: Cannot use the kubeconfig \S+shape\.cfg: clusters\.0\.cluster\.server is no string$/,
      /^ {2}Compare/,
    ],
  },
  "a kubeconfig that is not there": {
    args: ["--kubeconfig", "lost.cfg"],
    exitCode: 1,
    says: [/^Error: Cannot read the kubeconfig \S+lost\.cfg: it does not exist$/, /^ {2}Name an existing file/],
  },
  "a kubeconfig that is a folder": {
    args: ["--kubeconfig", "."],
    exitCode: 1,
    says: [/^Error: Cannot read the kubeconfig \S+: it is a folder$/, /^ {2}Name an existing file/],
  },
  "an empty kubeconfig": {
    args: ["--kubeconfig", "empty.cfg"],
    exitCode: 6,
    says: [/^Error: No cluster is configured$/, /^ {2}Name a kubeconfig/],
  },
  "a context that the kubeconfig does not have": {
    args: ["--context", "elsewhere"],
    exitCode: 1,
    says: [/^Error: The context "elsewhere" is not in the kubeconfig /, /^ {2}Choose one of: \S/],
  },
  "a login plug-in that fails, beside host collectors": {
    spec: HOST,
    args: ["--kubeconfig", "plugin.cfg"],
    exitCode: 5,
    says: [
      PARTIAL,
      /^Error: Cannot get credentials from the plug-in no-such-login: there is no such program$/,
      /^ {2}Ask ops for it$/,
    ],
    has: HOST_FILES,
  },
  // Flags
  "a namespace that no namespace can be called": {
    args: ["-n", "Not One"],
    exitCode: 1,
    says: [/^Error: --namespace: "Not One" is no name of a namespace$/, /^ {2}Write lower-case/],
  },
  "a group to impersonate, and no user": {
    args: ["--as-group", "devs"],
    exitCode: 1,
    says: [/^Error: Cannot impersonate .*no user to impersonate is named$/, /^ {2}Add --as$/],
  },
  "a deadline that is none": {
    args: ["--request-timeout", "soon"],
    exitCode: 1,
    says: [/^Error: --request-timeout: "soon" is not a duration$/, /^ {2}Write a number and a unit/],
  },
  "a proxy that is no address": {
    env: { HTTPS_PROXY: "ftp://hidden-word" },
    args: ["--server", "https://api.nowhere.example"],
    exitCode: 1,
    says: [/^Error: Cannot use the proxy of HTTPS_PROXY: it is not the address of a proxy$/, /^ {2}Write it as http:/],
  },
  // Expired
  "an expired token": {
    args: ["--kubeconfig", "no-user.cfg", "--token", unsignedToken(new Date("2026-01-02T03:04:05Z"))],
    exitCode: 6,
    says: [
      /^Error: Cannot get "\/version": the API server answered 401, the token expired at 2026-01-02T03:04:05\.000Z \(Unauthorized\)$/,
      /^ {2}Renew/,
    ],
  },
};
