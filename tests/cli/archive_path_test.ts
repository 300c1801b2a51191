import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { splitArchiveName } from "../../src/bundle/archive_name.ts";
import { archiveNames } from "../../src/bundle/give_name.ts";
import { chooseArchivePath } from "../../src/cli/archive_path.ts";
import type { CliContext } from "../../src/cli/cli_context.ts";

const splits: [name: string, stem: string, suffix: string, second: string][] = [
  ["x", "x", ".tar.gz", "x (1).tar.gz"],
  ["x.tar.gz", "x", ".tar.gz", "x (1).tar.gz"],
  ["x.tar.gz.age", "x", ".tar.gz.age", "x (1).tar.gz.age"],
  ["x.tar.gz.age.tar.gz", "x.tar.gz.age", ".tar.gz", "x.tar.gz.age (1).tar.gz"],
];
for (const [name, stem, suffix, second] of splits) {
  Deno.test(`splitArchiveName() of ${name}, and the next name`, () => {
    deepStrictEqual(splitArchiveName(name), { stem, suffix });
    deepStrictEqual(archiveNames(name).drop(1).next().value, second);
  });
}

const chosen: [named: string, encrypted: boolean, there: string[], expect: string][] = [
  ["out", false, [], "out.tar.gz"],
  ["out", true, [], "out.tar.gz.age"],
  ["out.tar.gz", true, [], "out.tar.gz.age"],
  ["out.tar.gz.age", true, [], "out.tar.gz.age"],
  ["out", true, ["out.tar.gz"], "out.tar.gz.age"],
  ["out", true, ["out.tar.gz.age"], "out (1).tar.gz.age"],
  ["out", true, ["out.tar.gz.age.quarantined"], "out (1).tar.gz.age"],
];
for (const [named, encrypted, there, expect] of chosen) {
  Deno.test(`chooseArchivePath() of ${named}, ${encrypted ? "encrypted" : "plain"}, beside ${there}`, () =>
    inFolder(async (cli) => {
      for (const name of there) await Deno.writeTextFile(join(cli.cwd, name), "");
      strictEqual(await chooseArchivePath(cli, named, encrypted), join(cli.cwd, expect));
    }));
}

Deno.test("chooseArchivePath() gives no plain archive the name of an encrypted one", () =>
  inFolder(async (cli) => {
    await rejects(chooseArchivePath(cli, "out.tar.gz.age"), (error: Error) => {
      match(error.message, /would not be encrypted/);
      return true;
    });
  }));

async function inFolder(check: (cli: CliContext) => Promise<void>): Promise<void> {
  const cwd = await Deno.makeTempDir();
  try {
    await check({ cwd } as CliContext);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}
