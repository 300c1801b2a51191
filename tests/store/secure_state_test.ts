import { deepStrictEqual, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { type StateFolder, stateFolder } from "../../src/schedule/state_folder.ts";
import { secureState } from "../../src/store/secure_state.ts";

const ignore = Deno.build.os === "windows";
const isRoot = Deno.uid() === 0;
const NOBODY = 65_534;

/** A state folder as a careless hand may have made it: everything by the usual umask. */
async function withState(body: (state: StateFolder, at: (name: string) => string) => Promise<void>): Promise<void> {
  const outer = await Deno.makeTempDir({ prefix: "secure-state-" });
  const before = Deno.umask(0o022);
  try {
    const state = stateFolder({ TROUBLESHOOT_SCHEDULER_DIR: join(outer, "state") });
    const at = (name: string) => join(state.root, name);
    for (const path of [state.root, state.bundles, at("bundles/nightly"), state.tokens, state.logs]) {
      await Deno.mkdir(path);
    }
    for (const name of ["store.db", "config.yaml", "audit.jsonl", "tokens/job-1.key", "bundles/nightly/b.tar.gz"]) {
      await Deno.writeTextFile(at(name), "");
    }
    await body(state, at);
  } finally {
    Deno.umask(before);
    await Deno.remove(outer, { recursive: true });
  }
}

async function modes(at: (name: string) => string, names: string[]): Promise<string[]> {
  return await Promise.all(names.map(async (name) => ((await Deno.stat(at(name))).mode! & 0o7777).toString(8)));
}

Deno.test({
  name: "secureState() closes a folder that others could read, and says so",
  ignore,
  fn: () =>
    withState(async (state, at) => {
      const notes = await secureState(state);
      deepStrictEqual(await modes(at, [".", "store.db", "config.yaml", "audit.jsonl", "bundles"]), [
        "700",
        "600",
        "600",
        "600",
        "700",
      ]);
      match(notes.find((note) => note.includes("store.db"))!, /was open to other accounts \(mode 0644\)/);
      deepStrictEqual(await secureState(state), [], "the second time there is nothing to say");
    }),
});

Deno.test({
  name: "secureState() closes what lies deeper when the daemon asks",
  ignore,
  fn: () =>
    withState(async (state, at) => {
      await secureState(state, { deep: true });
      deepStrictEqual(await modes(at, ["tokens/job-1.key", "bundles/nightly", "bundles/nightly/b.tar.gz"]), [
        "600",
        "700",
        "600",
      ]);
    }),
});

Deno.test({
  name: "secureState() closes files in a closed folder without a word: nobody could reach them",
  ignore,
  fn: () =>
    withState(async (state, at) => {
      await Deno.chmod(state.root, 0o700);
      deepStrictEqual(await secureState(state), []);
      deepStrictEqual(await modes(at, ["store.db"]), ["600"]);
    }),
});

Deno.test({
  name: "secureState() leaves what a link leads to as it is, and tells of it",
  ignore,
  fn: () =>
    withState(async (state, at) => {
      const elsewhere = join(state.root, "..", "shared");
      await Deno.mkdir(elsewhere);
      await Deno.remove(state.logs);
      await Deno.symlink(elsewhere, state.logs);
      const notes = await secureState(state, { deep: true });
      deepStrictEqual(await modes(at, ["../shared"]), ["755"]);
      ok(notes.some((note) => /logs leads to what other accounts may access/.test(note)), notes.join("\n"));
    }),
});

const refused: [name: string, spoil: (root: string) => Promise<void>, code: string, needsRoot?: true][] = [
  ["an open folder with other things in it", async (root) => {
    await Deno.remove(join(root, "store.db"));
    await Deno.writeTextFile(join(root, "thesis.doc"), "");
  }, "STATE_OPEN"],
  ["a folder that all share, such as /tmp", (root) => Deno.chmod(root, 0o1777), "STATE_OPEN"],
  ["a folder of another account", (root) => Deno.chown(root, NOBODY, NOBODY), "STATE_FOREIGN", true],
];
for (const [name, spoil, code, needsRoot] of refused) {
  Deno.test({
    name: `secureState() refuses ${name}, and changes nothing${needsRoot ? " (needs root)" : ""}`,
    ignore: ignore || (needsRoot === true && !isRoot),
    fn: () =>
      withState(async (state, at) => {
        await spoil(state.root);
        const before = await modes(at, [".", "config.yaml"]);
        await rejects(secureState(state), { code, exitCode: 9 });
        deepStrictEqual(await modes(at, [".", "config.yaml"]), before);
      }),
  });
}

Deno.test({
  name: "secureState() tells of files that belong to another account (needs root)",
  ignore: ignore || !isRoot,
  fn: () =>
    withState(async (state, at) => {
      await Deno.chown(at("config.yaml"), NOBODY, NOBODY);
      ok((await secureState(state)).some((note) => /config\.yaml belongs to another account/.test(note)));
    }),
});

Deno.test("secureState() has nothing against a folder that is not there yet", async () => {
  deepStrictEqual(await secureState(stateFolder({ TROUBLESHOOT_SCHEDULER_DIR: "/nowhere/at/all" })), []);
});
