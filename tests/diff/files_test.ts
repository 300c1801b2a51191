import { deepStrictEqual, equal, match, ok, rejects } from "node:assert/strict";
import { ArchiveError } from "../../src/bundle/archive_error.ts";
import { compareBundles } from "../../src/diff/compare_bundles.ts";
import type { FileChange } from "../../src/diff/file_changes.ts";
import { BundlePair, differenceOf, type Files, files, finding, list, NOW, pod, ROOT } from "./made_bundle.ts";

const change = (found: { changes: FileChange[] }, path: string) => found.changes.find((it) => it.path === `/${path}`);

// deno-fmt-ignore
const kinds: [path: string, category: string, added: string, removed: string, command?: RegExp][] = [
  ["cluster-resources/pods/logs/shop/a/web.log", "logs", "medium", "medium"],
  ["all-logs/a.log", "logs", "low", "low"],
  ["app/logs/a.log", "logs", "low", "low"],
  ["cluster-resources/pods/shop.json", "resources:pods", "medium", "medium"],
  ["cluster-resources/pods/kube-system.json", "resources:pods", "medium", "high"],
  ["cluster-resources/custom-resource-definitions.json", "resources:custom-resource-definitions.json", "medium", "high", /get crds/],
  ["cluster-resources/clusterroles.json", "resources:clusterroles.json", "medium", "high", /can-i/],
  ["cluster-resources/rolebindings/shop.json", "resources:rolebindings", "medium", "high", /can-i/],
  ["cluster-resources/nodes.json", "resources:nodes.json", "medium", "high", /describe nodes/],
  ["cluster-resources/network-policy/shop.json", "resources:network-policy", "medium", "high", /networkpolicy/],
  ["cluster-resources/deployments/shop.json", "resources:deployments", "medium", "medium", /rollout status -n shop deployment/],
  ["secrets/secrets/a.json", "config", "low", "high"],
  ["config/app.conf", "config", "low", "low"],
  ["a.yaml", "config", "low", "low"],
  ["a.txt", "files", "low", "low"],
];
for (const [path, category, added, removed, command] of kinds) {
  Deno.test(`compareBundles() of files: ${path} is ${category}`, async () => {
    const came = await differenceOf(files(), files({ [path]: "x\n" }));
    const went = await differenceOf(files({ [path]: "x\n" }), files());
    deepStrictEqual([change(came, path)?.type, change(came, path)?.category, change(came, path)?.impact], [
      "added",
      category,
      added,
    ]);
    deepStrictEqual([change(went, path)?.type, change(went, path)?.impact], ["removed", removed]);
    deepStrictEqual(went.significance, removed);
    if (command !== undefined) match(change(went, path)!.remediation!.command!, command);
  });
}

const H = "***HIDDEN***";
const lines = (count: number, mark = "") => Array.from({ length: count }, (_, i) => `${i}${mark}\n`).join("");

// deno-fmt-ignore
const diffs: [name: string, path: string, old: string | Uint8Array, current: string | Uint8Array, diff: RegExp | undefined, explained?: string][] = [
  ["a line", "a.txt", "a\nb\nc\n", "a\nB\nc\n", /^--- old:a\.txt\n\+\+\+ new:a\.txt\n@@ -1,3 \+1,3 @@\n a\n-b\n\+B\n c\n$/],
  ["a missing end of line", "a.txt", "a\n", "a", /-a\n\+a\n\\ No newline at end of file\n$/],
  ["bytes that are no text", "a.bin", new Uint8Array([1, 0, 2]), new Uint8Array([1, 0, 3]), undefined],
  ["no inline diff of logs", "logs/a.log", "a\n", "b\n", undefined, "logs"],
  ["times alone in JSON", "a.json", '{"at":"2026-01-01T00:00:00Z","x":1}', '{"at":"2026-01-01T00:00:09Z","x":1}', undefined, "times"],
  ["times and more in JSON", "a.json", '{"at":"2026-01-01T00:00:00Z","x":1}', '{"at":"2026-01-01T00:00:09Z","x":2}', /"x":2/],
  ["the order of rules", "cluster-resources/auth-cani-list/a.json", '[{"verbs":["a"]},{"verbs":["b"]}]', '[{"verbs":["b"]},{"verbs":["a"]}]', undefined, "times"],
  ["a member that came behind a hidden value", "a.json", `{"a":"${H}","z":1}`, `{"a":"x","b":2,"z":1}`, /"b":2/],
  ["hidden values alone in JSON", "a.json", `{"a":"${H}","z":1}`, `{"a":"x","z":1}`, undefined, "redaction"],
  ["members that only objects of a cluster have as noise", "a.json", '{"images":["a"],"uid":"1"}', '{"images":["b"],"uid":"1"}', /"b"/],
  ["the order of anything else", "a.json", "[1,2]", "[2,1]", /\+\[2,1\]/],
  ["a measurement that moved a little", "host-collectors/diskUsage/root.json", '{"used_bytes":1000}', '{"used_bytes":1040}', undefined, "measurements"],
  ["a measurement that moved", "host-collectors/diskUsage/root.json", '{"used_bytes":1000}', '{"used_bytes":2000}', /2000/],
  ["what is hidden", "a.txt", `a\npassword=${H}\n`, "a\npassword=hunter2\n", undefined, "redaction"],
  ["what stands beside something hidden", "a.txt", `user=a password=${H}\n`, `user=b password=${H}\n`, /\+user=b/],
  ["a line of more than 64 KiB", "a.txt", `${"x".repeat(100_000)}\ny\n`, `${"x".repeat(100_000)}\nz\n`, /x… \(line cut\)\n-y\n\+z\n$/],
  ["more lines than the limit", "a.txt", lines(500), lines(500, "!"), /\n\.\.\. \(diff truncated\)\n$/],
  ["nothing in common, and much of it", "a.txt", lines(3000), lines(3000, "!"), /^---.*\n\+\+\+.*\n@@ -1,3000 \+1,3000 @@\n-0\n/],
  ["more than 256 KiB", "a.txt", `a\n${lines(60_000)}`, `b\n${lines(60_000)}`, /-a\n\+b\n 0\n 1\n 2\n\.\.\. \(content truncated due to size\)\n$/],
  ["what differs beyond 256 KiB", "a.txt", `${lines(60_000)}a`, `${lines(60_000)}b`, /\+\+\+ new:a\.txt\n\.\.\. \(content truncated due to size\)\n$/],
  ["what the run writes about itself", "execution-data/summary.txt", "1 ms\n", "2 ms\n", /-1 ms/, "run"],
];
for (const [name, path, old, current, diff, explained] of diffs) {
  Deno.test(`compareBundles() shows lines: ${name}`, async () => {
    const found = await differenceOf(files({ [path]: old }), files({ [path]: current }));
    const { details, explained: why } = change(found, path)!;
    if (diff === undefined) equal(details.diff, undefined);
    else match(details.diff!, diff);
    equal(why, explained);
    equal(found.differs, explained === undefined);
  });
}

Deno.test("compareBundles() shows lines of so many files, of so many lines, with so much around them", async () => {
  const many = (mark: string): Files =>
    Object.fromEntries(["a", "b", "c"].map((it) => [`${it}.txt`, `${lines(9)}${mark}\n${lines(9)}`]));
  const found = await differenceOf(files(many("x")), files(many("y")), {
    maxDiffFiles: 2,
    diffContext: 1,
    maxDiffLines: 6,
  });
  deepStrictEqual(found.changes.map(({ details }) => details.diff?.split("\n").length), [8, 8, undefined]);
  match(found.changes[0]!.details.diff!, /@@ -9,3 \+9,3 @@\n 8\n-x\n\+y\n\.\.\. \(diff truncated\)\n$/);
});

Deno.test("compareBundles() compares logs line by line when asked to", async () => {
  const found = await differenceOf(files({ "logs/a.log": "a\n" }), files({ "logs/a.log": "b\n" }), {
    includeLogDiffs: true,
  });
  match(change(found, "logs/a.log")!.details.diff!, /-a\n\+b/);
  ok(found.differs);
});

// deno-fmt-ignore
const roots: [name: string, oldRoot: string, newRoot: string][] = [
  ["another time in the name", ROOT, "support-bundle-2026-02-01T08_00_00"],
  ["a bundle of preflight", "preflightbundle-2026-01-31T08_00_00", ROOT],
  ["a renamed one", "my-bundle", "other"],
  ["no top folder", "", ROOT],
  ["the one that the original library uses", "root", ROOT],
];
for (const [name, oldRoot, newRoot] of roots) {
  Deno.test(`compareBundles() finds the same files whatever the top folder is: ${name}`, async () => {
    const same = files({ "cluster-resources/pods/shop.json": list("Pod", pod("a")), "config/a.yaml": "x\n" });
    const found = await differenceOf(same, same, { oldRoot, newRoot });
    deepStrictEqual([found.changes, found.objects.unchanged, found.significance, found.differs], [
      [],
      2,
      "none",
      false,
    ]);
  });
}

// deno-fmt-ignore
const findings: [name: string, old: unknown, current: unknown, expected: unknown][] = [
  ["new and fixed", [finding("A", "error"), finding("B", "warn")], [finding("B", "warn"), finding("C", "warn")], [true, ["C"], ["A"], 1]],
  ["a warning that became a failure", [finding("A", "warn")], [finding("A", "error")], [true, ["A"], [], 0]],
  ["other numbers in the message", [finding("A", "error", "3 of 4")], [finding("A", "error", "2 of 4")], [true, [], [], 1]],
  ["passes say nothing", [finding("A", "debug")], [finding("B", "debug")], [true, [], [], 0]],
  ["no analysis", undefined, [finding("A", "error")], [false, [], [], 0]],
  ["an analysis that is no JSON", "[", [finding("A", "error")], [false, [], [], 0]],
  ["entries of odd shapes", [null, 3, { severity: "error" }, { severity: "warn", insight: [] }], [], [true, [], ["", ""], 0]],
];
for (const [name, old, current, expected] of findings) {
  Deno.test(`compareBundles() of findings: ${name}`, async () => {
    const found = (await differenceOf(files({ "analysis.json": old }), files({ "analysis.json": current }))).findings;
    const titles = (list: { title: string }[]) => list.map(({ title }) => title);
    deepStrictEqual([found.compared, titles(found.new), titles(found.fixed), found.unchanged], expected);
  });
}

Deno.test("compareBundles() tells how many files changed, as Troubleshoot does", async () => {
  const found = await differenceOf(
    files({ "a.txt": "a", "b.txt": "b", "cluster-resources/nodes.json": "x" }),
    files({ "b.txt": "c", "d.txt": "d" }),
  );
  deepStrictEqual(found.summary, {
    totalChanges: 4,
    filesAdded: 1,
    filesRemoved: 2,
    filesModified: 1,
    highImpactChanges: 1,
  });
  deepStrictEqual(found.changes.map(({ type, path }) => `${type} ${path}`), [
    "added /d.txt",
    "modified /b.txt",
    "removed /a.txt",
    "removed /cluster-resources/nodes.json",
  ]);
  deepStrictEqual(found.metadata.version, "v1");
  deepStrictEqual(found.metadata.oldBundle.numFiles, 7);
});

Deno.test("compareBundles() names the bundle that cannot be read", async () => {
  await using pair = await BundlePair.create();
  const good = await pair.write("a.tar.gz", files({ "a.txt": lines(50_000) }));
  const cut = `${pair.folder}/cut.tar.gz`;
  const bytes = await Deno.readFile(good);
  await Deno.writeFile(cut, bytes.subarray(0, bytes.length - 200));
  await rejects(
    compareBundles(good, cut, NOW),
    (error: ArchiveError) => error instanceof ArchiveError && error.message.includes(`"${cut}": it is damaged`),
  );
  await rejects(compareBundles(good, `${pair.folder}/gone.tar.gz`, NOW), /gone\.tar\.gz": there is no such file/);
});
