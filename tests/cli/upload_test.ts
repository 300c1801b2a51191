import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { LICENSE_IN_ARGUMENTS, portalPlace } from "../../src/cli/portal_flags.ts";
import { runCli } from "../../src/cli/run_cli.ts";
import { uploadPlanOf } from "../../src/cli/upload_flags.ts";
import { EXIT } from "../../src/core/exit_codes.ts";
import { resumePath } from "../../src/bundle/resume_path.ts";
import { file } from "../../src/upload/kinds/file.ts";
import { UploadError } from "../../src/upload/upload_error.ts";
import { CliHarness, type HarnessOptions } from "./schedule/cli_harness.ts";

async function upload(args: string[], options: HarnessOptions & { prepare?: (root: string) => Promise<void> } = {}) {
  await using harness = await CliHarness.create();
  await Deno.writeFile(join(harness.root, "bundle.tar.gz"), new Uint8Array(2_000_000));
  await options.prepare?.(harness.root);
  const { cli, printed } = harness.context(options);
  const code = await runCli(["upload", ...args], cli);
  const out = join(harness.root, "out");
  const names = await Deno.stat(out).then(() => [...Deno.readDirSync(out)].map(({ name }) => name).sort(), () => []);
  const kept = await Deno.stat(resumePath(join(harness.root, "bundle.tar.gz"))).then(() => true, () => false);
  return { code, ...printed, names, kept, root: harness.root };
}

Deno.test("upload delivers the bundle, and prints where it is", async () => {
  const { code, stdout, stderr, names, kept, root } = await upload(["bundle.tar.gz", "./out/"]);
  deepStrictEqual([code, stderr, names, kept], [0, "", ["bundle.tar.gz"], false]);
  ok(stdout.startsWith(`Delivered to file://${root}/out/bundle.tar.gz (2.0 MB, `), stdout);
});

Deno.test("upload takes the signature beside the bundle along", async () => {
  const { names } = await upload(["bundle.tar.gz", "./out/"], {
    prepare: (root) => Deno.writeTextFile(join(root, "bundle.tar.gz.minisig"), "signature"),
  });
  deepStrictEqual(names, ["bundle.tar.gz", "bundle.tar.gz.minisig"]);
});

const refusals = [ // arguments, what standard error says
  [[], /Missing required argument 'bundle'/i],
  [["none.tar.gz", "./out/"], /Cannot read "none.tar.gz"/],
  [[".", "./out/"], /is no file|directory/],
  [["bundle.tar.gz", "s33://b/"], /s33:/],
  [["bundle.tar.gz", "./out/{jobb}/"], /\{jobb\}.*\n {2}Did you mean \{job\}/],
  [["bundle.tar.gz", "./out/", "--bandwidth", "fast"], /--bandwidth: "fast" is not a rate/],
  [["bundle.tar.gz", "./out/", "--license-id", "env:X"], /are for the vendor portal/],
  [["bundle.tar.gz", "--app-slug", "a/b"], /--app-slug/],
  [["bundle.tar.gz", "--upload-domain", "https://evil.example/x"], /--upload-domain/],
  [["bundle.tar.gz", "./out/", "--metadata", "x"], /--metadata: "x" is not key=value/],
  [["bundle.tar.gz", "./out/", "--upload-fallback-credentials", "env:X"], /without --upload-fallback/],
] as const;
for (const [args, message] of refusals) {
  Deno.test(`upload ${args.join(" ")} is refused, and sends nothing`, async () => {
    const { code, stderr, names } = await upload([...args]);
    deepStrictEqual([code, names], [EXIT.failure, []]);
    match(stderr, message);
  });
}

/** Lets the `file:` uploader behave as a line would. */
async function withUploader(instead: typeof file.upload, body: () => Promise<void>): Promise<void> {
  const { upload } = file;
  file.upload = instead;
  try {
    await body();
  } finally {
    file.upload = upload;
  }
}

Deno.test("upload that is interrupted says what was sent, keeps it, and how to go on", async () => {
  const abort = new AbortController();
  await withUploader(async (_file, _to, context) => {
    await context.resume!.save({ part: 1 });
    context.progress(500_000);
    abort.abort(new DOMException("interrupted", "AbortError"));
    throw context.signal.reason;
  }, async () => {
    const { code, stderr, kept } = await upload(["bundle.tar.gz", "./out/"], { signal: abort.signal });
    deepStrictEqual([code, kept], [EXIT.interrupted, true]);
    match(stderr, /interrupted: 500 kB of 2\.0 MB were sent\n {2}.*the same command sends the rest/);
  });
});

Deno.test("upload that fails ends with the exit code of uploads, and its reason", async () => {
  await withUploader(
    () => Promise.reject(new UploadError("no space", { transient: false, code: "DISK_FULL", hint: "Make room" })),
    async () => {
      const { code, stderr } = await upload(["bundle.tar.gz", "./out/"]);
      deepStrictEqual([code, stderr], [EXIT.upload, "Error: no space\n  Make room\n"]);
    },
  );
});

Deno.test("upload shows its progress within 80 columns", async () => {
  await withUploader((local, _to, context) => {
    context.progress(1_000_000);
    return Promise.resolve({ url: "file:///x", bytes: local.bytes, sha256: local.sha256 });
  }, async () => {
    const { stderr } = await upload(["bundle.tar.gz", "./out/"], { answer: "", columns: 80 });
    const shown = stderr.split("\r\x1b[2K");
    ok(shown.every((line) => line.length < 80), JSON.stringify(shown));
  });
});

const portals = [ // name, flags, url, credentials
  ["finds everything by itself", {}, "portal:", undefined],
  ["takes a reference", { licenseId: "env:LICENSE" }, "portal:", "env:LICENSE"],
  ["takes a slug", { appSlug: "my-app" }, "portal://replicated.app/my-app", undefined],
  ["takes a domain", { uploadDomain: "https://portal.example.com/" }, "portal://portal.example.com/", undefined],
  [
    "keeps a license id out of the destination",
    { licenseId: "abcdefghij0123456789" },
    "portal:",
    "env:SUPPORT_BUNDLE_LICENSE_ID",
  ],
] as const;
for (const [name, flags, url, credentials] of portals) {
  Deno.test(`portalPlace() ${name}`, () => {
    const { place, env, isValue } = portalPlace(flags, { A: "1" });
    deepStrictEqual([place.url, place.credentials], [url, credentials]);
    const given = "licenseId" in flags && !flags.licenseId.startsWith("env:") ? flags.licenseId : undefined;
    strictEqual(isValue, given !== undefined);
    deepStrictEqual(env, given === undefined ? { A: "1" } : { A: "1", SUPPORT_BUNDLE_LICENSE_ID: given });
  });
}

Deno.test("portalPlace() keeps what the destination says already, and its fallback", () => {
  const given = { url: "portal://a.example/app", options: { caFile: "/ca" }, credentials: "env:A", fallback: 1 };
  const { place } = portalPlace({ licenseId: "env:B", appSlug: "other" }, {}, given);
  deepStrictEqual(place as typeof given, given);
  const partly = portalPlace({ appSlug: "app" }, {}, { url: "portal:", options: {}, credentials: "env:A" });
  deepStrictEqual(partly.place, { url: "portal://replicated.app/app", options: {}, credentials: "env:A" });
});

Deno.test("upload warns of a license id on the command line", async () => {
  const { stderr } = await upload([
    ...["bundle.tar.gz", "--license-id", "abcdefghij0123456789", "--app-slug", "x"],
    ...["--upload-options", "none=1"], // nothing is sent
  ]);
  ok(stderr.startsWith(`Warning: ${LICENSE_IN_ARGUMENTS}\n`), stderr);
  ok(!stderr.includes("abcdefghij0123456789"));
});

Deno.test("uploadPlanOf() reads all that is said of where a bundle goes", () => {
  strictEqual(uploadPlanOf({}), undefined);
  deepStrictEqual(
    uploadPlanOf({
      upload: "Enabled",
      uploadFallback: "file:///srv/",
      uploadFallbackOptions: {},
      uploadBandwidth: "500kB/s",
    }),
    {
      url: "portal:",
      options: {},
      credentials: undefined,
      fallback: { url: "file:///srv/", options: {}, credentials: undefined },
      bandwidthBytesPerSecond: 500_000,
    },
  );
});
