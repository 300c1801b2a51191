import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { removeResumeFile, resumePath } from "../../src/bundle/resume_path.ts";
import { ResumeFile } from "../../src/upload/resume_file.ts";
import type { Destination, LocalFile } from "../../src/upload/uploader.ts";

async function inFolder(body: (bundle: LocalFile, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "resume-" });
  try {
    const path = join(folder, "bundle.tar.gz");
    await body({ path, name: "bundle.tar.gz", bytes: 3, sha256: "abc" }, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function to(url: string, more: Partial<Destination> = {}): Destination {
  return { url: new URL(url), options: {}, ...more };
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

const behaviour = [ // what changes, the file, the destination, whether the state is that of the upload that began
  ["nothing", {}, {}, true],
  ["the credentials", {}, { credentials: "env:OTHER" }, true],
  ["the bytes", { sha256: "def" }, {}, false],
  ["the name", { name: "other.tar.gz" }, {}, false],
  ["an option", {}, { options: { endpoint: "http://other" } }, false],
  ["the URL", {}, { url: new URL("s3://bucket/other/") }, false],
] as const;
for (const [what, ofFile, ofDestination, same] of behaviour) {
  Deno.test(`ResumeFile ${same ? "finds" : "does not take"} the state of an upload again when ${what} changes`, async () => {
    await inFolder(async (file) => {
      const first = new ResumeFile(file.path).stateOf(file, to("s3://bucket/x/"));
      await first.save({ parts: [1, 2] });
      const later = new ResumeFile(file.path).stateOf({ ...file, ...ofFile }, {
        ...to("s3://bucket/x/"),
        ...ofDestination,
      });
      deepStrictEqual(await later.load(), same ? { parts: [1, 2] } : undefined);
    });
  });
}

Deno.test("ResumeFile lies beside the bundle, for its owner alone, and goes with its last upload", async () => {
  await inFolder(async (file, folder) => {
    const resume = new ResumeFile(file.path);
    const [a, b] = [to("s3://bucket/a/"), to("s3://bucket/b/")];
    await Promise.all([resume.stateOf(file, a).save(1), resume.stateOf(file, b).save(2)]);
    deepStrictEqual(names(folder), [".bundle.tar.gz.upload.json"]);
    if (Deno.build.os !== "windows") strictEqual(Deno.statSync(resumePath(file.path)).mode! & 0o777, 0o600);
    await resume.stateOf(file, a).clear();
    strictEqual(await new ResumeFile(file.path).stateOf(file, b).load(), 2);
    await resume.stateOf(file, b).clear();
    deepStrictEqual(names(folder), []);
  });
});

Deno.test("ResumeFile says that a file was delivered until somebody removes it", async () => {
  await inFolder(async (file) => {
    const delivery = { url: "s3://bucket/a/bundle.tar.gz", bytes: 3, sha256: "abc" };
    await new ResumeFile(file.path).markDelivered(file, to("s3://bucket/a/"), delivery);
    deepStrictEqual(await new ResumeFile(file.path).delivered(file, to("s3://bucket/a/")), delivery);
    await removeResumeFile(file.path);
    strictEqual(await new ResumeFile(file.path).delivered(file, to("s3://bucket/a/")), undefined);
  });
});

for (const damage of ["", "{", "[]", '{"version":2,"uploads":{}}', '{"version":1,"uploads":{"x":7}}']) {
  Deno.test(`ResumeFile begins anew when it finds ${JSON.stringify(damage)}`, async () => {
    await inFolder(async (file, folder) => {
      await Deno.writeTextFile(resumePath(file.path), damage);
      const state = new ResumeFile(file.path).stateOf(file, to("s3://bucket/a/"));
      strictEqual(await state.load(), undefined);
      await state.save("new");
      strictEqual(await new ResumeFile(file.path).stateOf(file, to("s3://bucket/a/")).load(), "new");
      deepStrictEqual(names(folder), [".bundle.tar.gz.upload.json"]);
    });
  });
}

Deno.test("ResumeFile tells of what it cannot write, and lets the upload go on", async () => {
  const faults: unknown[] = [];
  const file = { path: "/nonexistent/folder/bundle.tar.gz", name: "bundle.tar.gz", bytes: 3, sha256: "abc" };
  const state = new ResumeFile(file.path, (error) => faults.push(error)).stateOf(file, to("s3://bucket/a/"));
  await state.save({ parts: [] });
  strictEqual(faults.length, 1);
  match(String(faults[0]), /No such file/);
});

Deno.test("removeResumeFile() takes what a kill has left of writing it, and nothing else", async () => {
  await inFolder(async (file, folder) => {
    for (
      const name of [
        ".bundle.tar.gz.upload.json",
        "..bundle.tar.gz.upload.json.4711",
        "bundle.tar.gz",
        ".b.upload.json",
      ]
    ) {
      await Deno.writeTextFile(join(folder, name), "");
    }
    await removeResumeFile(file.path);
    deepStrictEqual(names(folder), [".b.upload.json", "bundle.tar.gz"]);
    await removeResumeFile("/nonexistent/folder/bundle.tar.gz");
    ok(true);
  });
});
