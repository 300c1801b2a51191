import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { nameArchive, unnamedPath } from "../../src/pipeline/name_archive.ts";
import { pipelineRequestSchema } from "../../src/pipeline/request.ts";
import { quarantinedPath } from "../../src/bundle/quarantine_paths.ts";

const EXECUTION = { id: "job-1-20260101T000000Z", scheduledAt: "2026-01-01T00:00:00Z", attempt: 2 };
const MINE = `out.tar.gz.${Deno.pid}.unchecked`;

const rows: [what: string, execution: boolean, held: boolean, there: string[], unnamed: string, name: string][] = [
  ["a command's archive gets its name", false, false, [], MINE, "out.tar.gz"],
  ["it does not replace what came to be meanwhile", false, false, ["out.tar.gz"], MINE, "out (1).tar.gz"],
  ["nor the second one", false, false, ["out.tar.gz", "out (1).tar.gz"], MINE, "out (2).tar.gz"],
  ["one that is held back neither", false, true, ["out.tar.gz.quarantined"], MINE, "out (1).tar.gz.quarantined"],
  ["an attempt's archive gets its name", true, false, [], "out.tar.gz.unchecked", "out.tar.gz"],
  ["it replaces that of an earlier attempt", true, false, ["out.tar.gz"], "out.tar.gz.unchecked", "out.tar.gz"],
];

for (const [what, execution, held, there, unnamed, name] of rows) {
  Deno.test(`nameArchive(): ${what}`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const request = pipelineRequestSchema.parse({
        specs: ["-"],
        archivePath: join(folder, "out.tar.gz"),
        rootName: "out",
        workParent: folder,
        ...execution ? { execution: EXECUTION } : {},
      });
      for (const file of there) await Deno.writeTextFile(join(folder, file), "theirs");
      strictEqual(unnamedPath(request), join(folder, unnamed));
      await Deno.writeTextFile(unnamedPath(request), "mine");
      strictEqual(
        await nameArchive(unnamedPath(request), request, held ? quarantinedPath : undefined),
        join(folder, name),
      );
      const texts = (await Array.fromAsync(Deno.readDir(folder), async (file) => [
        file.name,
        await Deno.readTextFile(join(folder, file.name)),
      ])).sort();
      const theirs = there.filter((file) => file !== name).map((file) => [file, "theirs"]);
      deepStrictEqual(texts, [...theirs, [name, "mine"]].sort());
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
