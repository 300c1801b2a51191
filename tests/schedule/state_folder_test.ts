import { strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { stateFolder } from "../../src/schedule/state_folder.ts";

const behaviour: [name: string, env: Record<string, string>, root: string][] = [
  [
    "is the one that the environment names",
    { TROUBLESHOOT_SCHEDULER_DIR: "/srv/state", HOME: "/home/a" },
    "/srv/state",
  ],
  ["is in the home folder", { HOME: "/home/a" }, join("/home/a", ".troubleshoot", "scheduler")],
  ["ignores an empty name", { TROUBLESHOOT_SCHEDULER_DIR: "", HOME: "/a" }, join("/a", ".troubleshoot", "scheduler")],
  ["is in the profile on Windows", { USERPROFILE: "/users/a" }, join("/users/a", ".troubleshoot", "scheduler")],
];
for (const [name, env, root] of behaviour) {
  Deno.test(`stateFolder() ${name}`, () => {
    const folder = stateFolder(env);
    strictEqual(folder.root, root);
    for (const path of Object.values(folder)) strictEqual(path.startsWith(root), true);
  });
}
