import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { copy } from "../../../../src/collect/kinds/host/copy.ts";
import { expandGlob } from "../../../../src/collect/kinds/host/host_glob.ts";
import { collectAll, type Collection } from "../../collect_all.ts";

const ignore = Deno.build.os === "windows";
const signal = new AbortController().signal;

/** Makes the files of a tree (a text is a file, a `→ target` a link) and gives its folder to the test. */
async function withTree(files: Record<string, string>, test: (root: string) => Promise<void>) {
  const root = Deno.makeTempDirSync();
  try {
    for (const [path, text] of Object.entries(files)) {
      Deno.mkdirSync(join(root, path, ".."), { recursive: true });
      if (text.startsWith("→ ")) Deno.symlinkSync(text.slice(2), join(root, path));
      else Deno.writeTextFileSync(join(root, path), text);
    }
    await test(root);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

const tree = {
  "a.log": "A",
  "b.log": "B",
  ".hidden.log": "H",
  "c.txt": "C",
  "app/x/current": "x",
  "app/y/current": "y",
  "d/one.log": "1",
  "d/sub/two.log": "2",
  "literal*star": "S",
};

const globs = [
  ["a plain path", "a.log", ["a.log"]],
  ["nothing for a path that is not there", "nope.log", []],
  ["a star, hidden files included", "*.log", [".hidden.log", "a.log", "b.log"]],
  ["a question mark", "?.log", ["a.log", "b.log"]],
  ["a class", "[ac].*", ["a.log", "c.txt"]],
  ["a negated class", "[^a].log", ["b.log"]],
  ["wildcards above the last level", "app/*/current", ["app/x/current", "app/y/current"]],
  ["no level between for two stars", "**.log", [".hidden.log", "a.log", "b.log"]],
  ["a literal star", "literal\\*star", ["literal*star"]],
] as const;
for (const [name, pattern, expect] of globs) {
  Deno.test({
    name: `expandGlob() finds ${name}`,
    ignore,
    fn: () =>
      withTree(tree, async (root) => {
        deepStrictEqual(await expandGlob(`${root}/${pattern}`, signal), expect.map((path) => `${root}/${path}`));
      }),
  });
}

const behaviour: [
  string,
  Record<string, string>,
  (root: string) => unknown,
  (result: Collection, root: string) => void,
][] = [
  ["takes a file by its base name", tree, (root) => ({ path: `${root}/a.log` }), ({ files, missing }) => {
    deepStrictEqual(files, { "host-collectors/copy/a.log": "A" });
    deepStrictEqual(missing, []);
  }],
  [
    "takes a folder with everything below it",
    tree,
    (root) => ({ path: `${root}/d`, collectorName: "my logs" }),
    ({ files }) => {
      deepStrictEqual(files, {
        "host-collectors/my logs/d/one.log": "1",
        "host-collectors/my logs/d/sub/two.log": "2",
      });
    },
  ],
  [
    "keeps both of two matches with one base name",
    tree,
    (root) => ({ path: `${root}/app/*/current` }),
    ({ files }, root) => {
      deepStrictEqual(files, {
        "host-collectors/copy/current": "x",
        [`host-collectors/copy${root}/app/y/current`]: "y",
      });
    },
  ],
  ["says why there is nothing", tree, (root) => ({ path: `${root}/nope*` }), ({ files, missing }) => {
    deepStrictEqual(files, {});
    deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [["host-collectors/copy", "empty"]]);
  }],
  [
    "follows links, and a loop once",
    { "d/f": "F", "d/loop": "→ .", "d/up": "→ ..", "link": "→ d/f" },
    (root) => ({ path: `${root}/*` }),
    ({ files }) => {
      deepStrictEqual(files["host-collectors/copy/link"], "F");
      deepStrictEqual(files["host-collectors/copy/d/f"], "F");
      strictEqual(files["host-collectors/copy/d/up/link"], "F");
      ok(Object.keys(files).every((path) => !path.includes("loop")));
    },
  ],
  [
    "names a broken link and goes on",
    { "d/a": "→ nowhere", "d/b": "B" },
    (root) => ({ path: `${root}/d` }),
    ({ files, missing }, root) => {
      strictEqual(files["host-collectors/copy/d/b"], "B");
      deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [["host-collectors/copy/d/a", "failed"]]);
      const [error] = JSON.parse(files["host-collectors/copy/errors.json"]!);
      ok(error.startsWith(`${root}/d/a: `));
    },
  ],
  [
    "refuses a name that would leave the bundle",
    { "d/x\\..\\..\\..\\evil": "E" },
    (root) => ({ path: `${root}/d` }),
    ({ files, missing }) => {
      deepStrictEqual(Object.keys(files), ["host-collectors/copy/errors.json"]);
      strictEqual(missing.length, 1);
    },
  ],
];
for (const [name, files, config, check] of behaviour) {
  Deno.test({
    name: `copy ${name}`,
    ignore,
    fn: () => withTree(files, async (root) => check(await collectAll(copy, config(root)), root)),
  });
}

Deno.test({
  name: "copy refuses a collectorName that would leave the bundle",
  ignore,
  fn: () =>
    withTree(tree, async (root) => {
      const config = { path: `${root}/a.log`, collectorName: "../../evil" };
      await rejects(collectAll(copy, config), { code: "UNSAFE_PATH" });
    }),
});

Deno.test({
  name: "copy passes pipes over, and cuts a file that is too large",
  ignore,
  async fn() {
    await withTree({ "d/f": "F" }, async (root) => {
      await new Deno.Command("mkfifo", { args: [`${root}/d/pipe`] }).output();
      using file = Deno.openSync(`${root}/d/large`, { write: true, create: true });
      file.truncateSync(100_000_001); // sparse
      const { entries } = await collectAll(copy, { path: `${root}/d` });
      deepStrictEqual(
        entries.map((entry) => entry.type === "file" ? [entry.path, entry.bytes, entry.truncated] : entry),
        [
          ["host-collectors/copy/d/f", 1, undefined],
          ["host-collectors/copy/d/large", 100_000_000, { limit: "100000000 bytes" }],
        ],
      );
    });
  },
});

Deno.test({
  name: "copy stops at an abort",
  ignore,
  fn: () =>
    withTree(tree, async (root) => {
      await rejects(collectAll(copy, { path: `${root}/d` }, { signal: AbortSignal.abort() }), { name: "AbortError" });
    }),
});
