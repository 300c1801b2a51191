import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { dirname, join, posix } from "node:path";
import type { Manifest } from "../../src/bundle/manifest.ts";
import { CertificateMaker, HAS_OPENSSL } from "../collect/openssl.ts";
import { createLayoutObjects } from "./layout_cluster.ts";
import {
  CLUSTER_SCOPED,
  DOCUMENTED,
  type Form,
  LINKS,
  type ListedKind,
  NAMESPACED,
  patternOf,
} from "./layout_paths.ts";
import { collectors, HOST_COLLECTORS, REQUIRED, REQUIRED_LINKS } from "./layout_spec.ts";
import { BINARY, Sandbox } from "./program.ts";

const KUBECONFIG = Deno.env.get("TEST_KUBECONFIG");
const FACTS = Deno.env.get("TEST_CLUSTER_FACTS");
const ASSETS = Deno.env.get("KUBEBUILDER_ASSETS");

Deno.test({
  name: "a bundle of the test cluster is laid out as documented, file by file",
  ignore: BINARY === undefined || !KUBECONFIG || !FACTS || !ASSETS || !HAS_OPENSSL,
  fn: async (test) => {
    await using sandbox = await Sandbox.create();
    await using maker = await CertificateMaker.create();
    const { pem: certificate } = await maker.make("tls", { subject: "/CN=layout", names: "DNS:layout.example.com" });
    const request = await Deno.readTextFile(join(maker.folder, "tls.csr"));
    await using objects = await createLayoutObjects(KUBECONFIG!, { certificate, request });
    const spec = {
      apiVersion: "troubleshoot.sh/v1beta2",
      kind: "SupportBundle",
      metadata: { name: "layout" },
      spec: { collectors: collectors(objects), hostCollectors: HOST_COLLECTORS },
    };
    const before = await kubectlLists();
    const ended = await sandbox.run([
      await sandbox.write("spec.json", JSON.stringify(spec)),
      ...["-o", "layout", "--interactive=false", "--metadata", "ticket=4711", "--collector-timeout", "30s"],
    ], { env: { KUBECONFIG: KUBECONFIG! } });
    const after = await kubectlLists();
    strictEqual(ended.code, 0, ended.stderr);
    const { files, links } = await unpack(sandbox, "layout");
    const manifest: Manifest = JSON.parse(text(files.get("MANIFEST.json")!));
    const named = (path: string) =>
      path.replace("<namespace>", objects.namespace).replace("<definition>", objects.definition);

    await test.step("each file is at a documented path, in the documented form", () => {
      const patterns = DOCUMENTED.map(([pattern, form]) => [patternOf(pattern), form] as const);
      for (const [path, bytes] of files) {
        const form = patterns.find(([pattern]) => pattern.test(path))?.[1];
        ok(form !== undefined, `${path} is documented nowhere`);
        checkForm(path, bytes, form);
      }
    });

    await test.step("each documented file is there", () => {
      const lacks = REQUIRED.map(named).filter((path) => !files.has(path));
      deepStrictEqual(lacks, [], JSON.stringify(manifest.missing, null, 1));
    });

    await test.step("links lead to files of the bundle, by relative paths", () => {
      for (const [path, target] of links) {
        const expected = LINKS.find(([pattern]) => patternOf(pattern).test(path))?.[1];
        ok(expected !== undefined, `the link ${path} is documented nowhere`);
        ok(!target.startsWith("/"), `${path} -> ${target}`);
        const resolved = posix.join(posix.dirname(path), target);
        match(resolved, expected, `${path} -> ${target}`);
        ok(files.has(resolved), `${path} leads nowhere: ${target}`);
      }
      for (const [path, target] of Object.entries(REQUIRED_LINKS)) {
        const link = links.get(named(path));
        ok(link !== undefined, `the link ${path} is missing`);
        strictEqual(posix.join(posix.dirname(named(path)), link), named(target));
      }
    });

    const namespaces = unionOf(before.namespaces!, after.namespaces!);
    await test.step("each kind has a list for each namespace, and permissions are told", () => {
      const steady = intersectionOf(before.namespaces!, after.namespaces!);
      ok(steady.size >= 9, "seeded namespaces, and those of Kubernetes");
      for (const namespace of steady) {
        for (const { name } of NAMESPACED) {
          const path = `cluster-resources/${name}/${namespace}.json`;
          ok(files.has(path), `${path} is missing`);
        }
        const rules = JSON.parse(text(files.get(`cluster-resources/auth-cani-list/${namespace}.json`)!));
        ok(Array.isArray(rules) && rules.every(({ verbs }) => Array.isArray(verbs)), namespace);
      }
      const had = [...files.keys()].map((path) => /^cluster-resources\/auth-cani-list\/(.*)\.json$/.exec(path)?.[1]);
      for (const namespace of had) ok(namespace === undefined || namespaces.has(namespace), namespace);
    });

    for (const listed of CLUSTER_SCOPED) {
      await test.step(`cluster-resources/${listed.name}.json lists what kubectl lists`, () => {
        const names = readList(files, `cluster-resources/${listed.name}.json`, listed).map(({ metadata }) =>
          metadata.name
        );
        compare(names, before[listed.name]!, after[listed.name]!);
      });
    }
    for (const listed of NAMESPACED) {
      await test.step(`cluster-resources/${listed.name}/ lists what kubectl lists`, () => {
        const names: string[] = [];
        for (const path of files.keys()) {
          const [, folder, namespace, rest] = /^cluster-resources\/([^/]+)\/([^/]+)\.json(\/)?$/.exec(path) ?? [];
          if (folder !== listed.name || rest !== undefined) continue;
          for (const { metadata } of readList(files, path, listed)) {
            strictEqual(metadata.namespace, namespace, path);
            names.push(`${metadata.namespace}/${metadata.name}`);
          }
        }
        compare(names, before[listed.name]!, after[listed.name]!);
      });
    }

    await test.step("files that are no lists have the documented shape", () => {
      const read = (path: string) => JSON.parse(text(files.get(named(path))!));
      deepStrictEqual(Object.keys(read("cluster-info/cluster_version.json")), ["info", "string"]);
      deepStrictEqual(read("metadata/user.json"), { ticket: "4711" });
      deepStrictEqual(read("metadata/cluster.json"), { channel: "stable" });
      deepStrictEqual(read("cluster-resources/license.json"), {
        appSlug: "layout-app",
        licenseID: "LAYOUT0123456789ABCDEF01",
      });
      deepStrictEqual(read("cluster-resources/image-pull-secrets/<namespace>/pull.json"), {
        "one.example.com": "ann",
        "two.example.com": "bob",
      });
      const gadgets = read("cluster-resources/custom-resources/<definition>.json");
      deepStrictEqual(gadgets.map((gadget: Listed) => [gadget.kind, gadget.metadata.name]), [["Gadget", "one"]]);
      strictEqual(read("cluster-resources/custom-resources/widgets.example.com/shop.json").length, 4);
      ok(![...files.keys()].some((path) => path.includes("nothings.")), "no objects, no file");
      strictEqual(read("cluster-resources/groups.json")[0].name, "");
      for (const list of read("cluster-resources/resources.json")) strictEqual(list.kind, "APIResourceList");
      deepStrictEqual(read("secrets/shop/web-secret.json"), {
        namespace: "shop",
        name: "web-secret",
        key: "",
        secretExists: true,
        keyExists: false,
      });
      strictEqual(read("secrets/<namespace>/lost.json").secretExists, false);
      deepStrictEqual(Object.keys(read("configmaps/shop/web-config/feature.json")), [
        "namespace",
        "name",
        "key",
        "configMapExists",
        "keyExists",
        "value",
        "data",
      ]);
      for (const [path, bytes] of files) {
        if (!/errors(\/.*)?\.json$/.test(path) || /^(host-)?collector/.test(path)) continue;
        const messages = JSON.parse(text(bytes));
        ok(Array.isArray(messages) && messages.length > 0 && messages.every((m) => typeof m === "string"), path);
      }
      deepStrictEqual(Object.keys(read("collector-errors/etcd-error.json")), ["collector", "error", "timestamp"]);
      deepStrictEqual(
        read("skipped-collectors.json").map(({ collector, reason, errors }: Record<string, unknown>) => [
          collector,
          reason,
          errors,
        ]),
        [["data", "excluded", null]],
      );
      deepStrictEqual(read("every-pod/every-pod.json").spec, { containers: null });
      match(
        text(files.get("version.yaml")!),
        /^apiVersion: troubleshoot\.sh\/v1beta2\nkind: SupportBundle\nspec:\n {2}versionNumber: \S/,
      );
    });

    await test.step("MANIFEST.json explains each file and link, and its sums hold", () => {
      const explained = manifest.files.map(({ path }) => path).sort();
      deepStrictEqual(explained, [...files.keys()].filter((path) => path !== "MANIFEST.json").sort());
      const titles = new Set(["support-bundle", ...manifest.collectors.map(({ title }) => title)]);
      for (const { path, sha256, bytes, collector } of manifest.files) {
        strictEqual(bytes, files.get(path)!.length, path);
        strictEqual(sha256, createHash("sha256").update(files.get(path)!).digest("hex"), path);
        ok(titles.has(collector), `${path} is of "${collector}", which is no collector`);
      }
      deepStrictEqual(
        new Map(manifest.links.map(({ path, target }) => [path, resolveLink(path, target)])),
        new Map([...links].map(([path, target]) => [path, posix.join(posix.dirname(path), target)])),
      );
      for (const { path, collector, reason, message } of manifest.missing) {
        ok(!files.has(path), `${path} is there`);
        ok(titles.has(collector) && reason && message, JSON.stringify({ path, collector, reason, message }));
      }
    });

    await test.step("nothing secret is in it", async () => {
      const { planted } = JSON.parse(await Deno.readTextFile(FACTS!)) as { planted: string[] };
      for (const [path, bytes] of files) {
        const content = text(bytes);
        for (const value of planted) ok(!content.includes(value), `${path} has ${value}`);
      }
    });
  },
});

interface Listed {
  kind?: string;
  apiVersion?: string;
  metadata: { name: string; namespace?: string };
}

function readList(files: Map<string, Uint8Array>, path: string, { kind, apiVersion }: ListedKind): Listed[] {
  const list = JSON.parse(text(files.get(path)!));
  deepStrictEqual(Object.keys(list), ["kind", "apiVersion", "metadata", "items"], path);
  strictEqual(list.kind, `${kind}List`, path);
  strictEqual(list.apiVersion, apiVersion, path);
  const items: Listed[] = list.items ?? [];
  for (const item of items) deepStrictEqual([item.kind, item.apiVersion], [kind, apiVersion], path);
  return items;
}

/** What was there all the time must be listed, once; nothing else but what was there for a part of it may be. */
function compare(names: string[], before: Set<string>, after: Set<string>): void {
  deepStrictEqual([...new Set(names)].sort(), names.toSorted(), "nothing comes twice");
  const had = new Set(names);
  deepStrictEqual([...intersectionOf(before, after)].filter((name) => !had.has(name)), [], "listed by kubectl alone");
  const known = unionOf(before, after);
  // Events, pods and leases come and go while the bundle is made.
  deepStrictEqual(names.filter((name) => !known.has(name) && !PASSING.test(name)), [], "not listed by kubectl");
  ok(names.length > 0, "the test is of no use where there is nothing");
}

/** What collectors and other tests make while the bundle is made. */
const PASSING = /^quiet\/|^default\//;

function intersectionOf(a: Set<string>, b: Set<string>): Set<string> {
  return new Set([...a].filter((name) => b.has(name)));
}

function unionOf(a: Set<string>, b: Set<string>): Set<string> {
  return new Set([...a, ...b]);
}

/** Names (`namespace/name`) of all objects of the listed kinds, as kubectl tells them, by the name of the list. */
async function kubectlLists(): Promise<Record<string, Set<string>>> {
  const lists: Record<string, Set<string>> = {};
  for (const { name, resource } of [...CLUSTER_SCOPED, ...NAMESPACED]) {
    const { success, stdout, stderr } = await new Deno.Command(join(ASSETS!, "kubectl"), {
      args: ["--kubeconfig", KUBECONFIG!, "get", resource, "--all-namespaces", "-o", "json"],
    }).output();
    if (!success) throw new Error(`kubectl get ${resource}: ${text(stderr)}`);
    const { items } = JSON.parse(text(stdout)) as { items: Listed[] };
    lists[name] = new Set(
      items.map(({ metadata }) => metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name),
    );
  }
  return lists;
}

const ESCAPES: Record<string, string> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};
const INDENTS = { "two spaces": 2, "one space": 1, "four spaces": 4, tabs: "\t", compact: undefined } as const;

/** JSON in exactly the form of Go's encoder: indents, escapes, and no line break at the end. */
function checkForm(path: string, bytes: Uint8Array, form: Form): void {
  if (form === "text") return;
  const content = text(bytes);
  const written = JSON.stringify(JSON.parse(content), null, INDENTS[form])
    .replace(/[<>&\u2028\u2029]/g, (character) => ESCAPES[character]!);
  if (content === written) return;
  const at = [...content].findIndex((character, i) => character !== written[i]);
  throw new Error(`${path} is not written with ${form}: ${JSON.stringify(content.slice(at, at + 80))} at ${at}`);
}

async function unpack(sandbox: Sandbox, name: string) {
  const folder = sandbox.path("unpacked");
  await Deno.mkdir(folder);
  const { success } = await new Deno.Command("tar", { args: ["xzf", sandbox.path(`${name}.tar.gz`), "-C", folder] })
    .output();
  ok(success, "tar opens the archive");
  deepStrictEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), [name], "one root folder");
  const files = new Map<string, Uint8Array>();
  const links = new Map<string, string>();
  const visit = (at: string) => {
    for (const entry of Deno.readDirSync(join(folder, name, at))) {
      const path = posix.join(at, entry.name);
      const full = join(folder, name, path);
      if (entry.isDirectory) visit(path);
      else if (entry.isSymlink) links.set(path, Deno.readLinkSync(full));
      else files.set(path, Deno.readFileSync(full));
    }
  };
  visit("");
  return { files, links };
}

/** The manifest may say where a link leads from the bundle's root, or from the link. */
function resolveLink(path: string, target: string): string {
  return target.startsWith(".") || !target.includes("/") ? posix.join(dirname(path), target) : target;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
