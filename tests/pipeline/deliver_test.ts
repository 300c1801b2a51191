import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { deliverArchive, type DeliverContext } from "../../src/pipeline/deliver.ts";
import { deliveryMetadata } from "../../src/pipeline/delivery_metadata.ts";
import { bundleFactsSchema, type UploadPlan, uploadPlanSchema } from "../../src/pipeline/upload_plan.ts";
import { resumePath } from "../../src/bundle/resume_path.ts";
import { UploadError } from "../../src/upload/upload_error.ts";
import type { UploadContext } from "../../src/upload/uploader.ts";
import { uploaders } from "../../src/upload/registry.ts";
import { filesBelow, makeFile } from "../contracts/uploader_contract.ts";
import { secretsOf } from "../secrets.ts";

const FACTS = bundleFactsSchema.parse({
  job: "nightly",
  execution: "job-1-20260302T020000Z",
  cluster: "prod eu/1",
  at: "2026-03-02T02:00:00.000Z",
});

interface Stage {
  root: string;
  bundle: Awaited<ReturnType<typeof makeFile>>;
  /** URL of a folder that can be delivered to. */
  good: string;
  /** URL of a folder that cannot. */
  bad: string;
  slept: number[];
  logged: string[];
  deliver(
    plan: Partial<UploadPlan> & { url: string },
    more?: Partial<DeliverContext>,
    companions?: string[],
  ): ReturnType<
    typeof deliverArchive
  >;
}

async function stage(body: (stage: Stage) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "deliver-" });
  const slept: number[] = [];
  const logged: string[] = [];
  try {
    const bundle = await makeFile(root, "bundle.tar.gz", 3_000_000);
    await Deno.writeTextFile(join(root, "a file"), "");
    await body({
      root,
      bundle,
      good: `${pathToFileURL(join(root, "good"))}/`,
      bad: `${pathToFileURL(join(root, "a file", "in it"))}/`,
      slept,
      logged,
      deliver: (plan, more, companions) =>
        deliverArchive({ ...bundle, companions }, uploadPlanSchema.parse(plan), FACTS, {
          clock: { now: () => new Date(0), sleep: (ms) => Promise.resolve(void slept.push(ms)) },
          env: {},
          secret: secretsOf(),
          signal: new AbortController().signal,
          progress: () => {},
          log: (_, message) => logged.push(message),
          random: () => 1,
          ...more,
        }),
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Lets the `file:` uploader fail as a network would, before it does what it does. */
async function failing(failures: unknown[], body: (contexts: UploadContext[]) => Promise<void>): Promise<void> {
  const file = uploaders.find(({ scheme }) => scheme === "file")!;
  const { upload } = file;
  const contexts: UploadContext[] = [];
  file.upload = async (local, destination, context) => {
    contexts.push(context);
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return await upload.call(file, local, destination, context);
  };
  try {
    await body(contexts);
  } finally {
    file.upload = upload;
  }
}

const away = (more = {}) => new UploadError("no connection", { transient: true, hint: "Check it", ...more });
const denied = () => new UploadError("403", { transient: false, hint: "Grant it", code: "UPLOAD_DENIED" });

const tries = [ // name, failures, tries, waits in ms, code of the failure in the end
  ["delivers at once", [], 1, [], undefined],
  ["tries a passing failure again, later and later", [away(), away()], 3, [2_000, 4_000], undefined],
  ["gives up after the third", [away(), away(), away()], 3, [2_000, 4_000], "UPLOAD_FAILED"],
  ["does not repeat what nobody has put right", [denied()], 1, [], "UPLOAD_DENIED"],
  ["waits as long as the server asks", [away({ retryAfterMs: 30_000 })], 2, [30_000], undefined],
  ["does not sit out what takes longer than a minute", [away({ retryAfterMs: 600_000 })], 1, [], "UPLOAD_FAILED"],
] as const;
for (const [name, failures, count, waits, code] of tries) {
  Deno.test(`deliverArchive() ${name}`, async () => {
    await stage(async ({ good, deliver, slept }) => {
      await failing([...failures], async (contexts) => {
        const result = deliver({ url: good });
        if (code === undefined) strictEqual((await result).url, good + "bundle.tar.gz");
        else await rejects(result, { code });
        strictEqual(contexts.length, count);
        deepStrictEqual(slept, [...waits]);
      });
    });
  });
}

Deno.test("deliverArchive() fills the templates in", async () => {
  await stage(async ({ good, deliver }) => {
    const { url } = await deliver({ url: `${good}{cluster}/{job}/{yyyy}/{mm}/{dd}/{execution}/` });
    ok(url.endsWith("/good/prod-eu-1/nightly/2026/03/02/job-1-20260302T020000Z/bundle.tar.gz"), url);
  });
});

Deno.test("deliverArchive() puts the bundle to the fallback destination, and says why", async () => {
  await stage(async ({ root, good, bad, deliver, logged }) => {
    const delivered = await deliver({ url: bad, fallback: { url: good, options: {} } });
    strictEqual(delivered.url, good + "bundle.tar.gz");
    match(delivered.fallbackReason!.message, /Cannot deliver the bundle to .*a file/);
    match(logged.join("\n"), /trying the fallback destination/);
    deepStrictEqual(await filesBelow(join(root, "good")), ["bundle.tar.gz"]);
  });
});

Deno.test("deliverArchive() tells of both destinations when neither takes it, and may try again when one may", async () => {
  await stage(async ({ good, deliver }) => {
    await failing([denied(), away(), away(), away()], async () => {
      await rejects(deliver({ url: good, fallback: { url: good, options: {} } }), (error) => {
        ok(error instanceof UploadError);
        strictEqual(error.message, "403. The fallback failed, too: no connection");
        deepStrictEqual([error.code, error.transient], ["UPLOAD_DENIED", true]);
        return true;
      });
    });
  });
});

Deno.test("deliverArchive() calls credentials that cannot be read a failed upload", async () => {
  await stage(async ({ deliver }) => {
    await rejects(
      deliver({ url: "s3://bucket/x/", credentials: "env:NOT_SET", options: { endpoint: "http://127.0.0.1:1" } }),
      (error) => error instanceof UploadError && error.code === "UPLOAD_CREDENTIALS" && !error.transient,
    );
  });
});

Deno.test("deliverArchive() delivers what belongs beside the bundle before it", async () => {
  await stage(async ({ root, bundle, good, deliver }) => {
    const signature = `${bundle.path}.minisig`;
    await Deno.writeTextFile(signature, "untrusted comment: …");
    await failing([], async () => {
      const sent: string[] = [];
      const file = uploaders.find(({ scheme }) => scheme === "file")!;
      const { upload } = file;
      file.upload = async (...args) => {
        sent.push(args[0].name);
        return await upload.apply(file, args);
      };
      try {
        strictEqual((await deliver({ url: good }, {}, [signature])).url, good + "bundle.tar.gz");
        strictEqual((await deliver({ url: `${good}exact.tgz` }, {}, [signature])).url, good + "exact.tgz");
        strictEqual((await deliver({ url: good.slice(0, -1) }, {}, [signature])).url, good + "bundle.tar.gz");
      } finally {
        file.upload = upload;
      }
      deepStrictEqual(sent, Array(3).fill(["bundle.tar.gz.minisig", "bundle.tar.gz"]).flat());
    });
    deepStrictEqual(await filesBelow(join(root, "good")), [
      "bundle.tar.gz",
      "bundle.tar.gz.minisig",
      "exact.tgz",
      "exact.tgz.minisig",
    ]);
  });
});

Deno.test("deliverArchive() keeps how far it came while it fails, and nothing once it is through", async () => {
  await stage(async ({ bundle, good, deliver }) => {
    const resume = resumePath(bundle.path);
    const present = () => Deno.stat(resume).then(() => true, () => false);
    await failing([away()], async (contexts) => {
      await rejects(deliver({ url: good }, { attempts: 1 }));
      await contexts[0]!.resume!.save({ uploadId: "u1" });
      strictEqual(await present(), true);
      await deliver({ url: good }, { attempts: 1 });
      deepStrictEqual(await contexts[1]!.resume!.load(), undefined, "what was delivered has no state");
      strictEqual(await present(), false);
    });
  });
});

Deno.test("deliverArchive() does not send once more what is there, for a caller that died before it took that down", async () => {
  await stage(async ({ good, deliver }) => {
    await failing([], async (contexts) => {
      const first = await deliver({ url: good }, { keepResumeFile: true });
      const again = await deliver({ url: good }, { keepResumeFile: true });
      deepStrictEqual(again, first);
      strictEqual(contexts.length, 1);
    });
  });
});

Deno.test("deliverArchive() ends with the signal, without trying anything else", async () => {
  await stage(async ({ good, deliver }) => {
    const abort = new AbortController();
    await failing([away()], async (contexts) => {
      const result = deliver({ url: good, fallback: { url: good, options: {} } }, {
        signal: abort.signal,
        clock: { now: () => new Date(0), sleep: () => Promise.resolve(abort.abort(new Error("stopped"))) },
      });
      await rejects(result, { message: "stopped" });
      strictEqual(contexts.length, 1);
    });
  });
});

Deno.test("deliverArchive() hands its limit to whoever sends", async () => {
  await stage(async ({ good, deliver }) => {
    await failing([], async (contexts) => {
      await deliver({ url: good });
      strictEqual(contexts[0]!.pace, undefined);
      await deliver({ url: good, bandwidthBytesPerSecond: 1_000_000 });
      strictEqual(typeof contexts[1]!.pace, "function");
    });
  });
});

const facts = bundleFactsSchema.parse({
  ...FACTS,
  started: "2026-03-02T02:00:01.000Z",
  labels: { team: "shop", "app.kubernetes.io/name": "bundle" },
  metadata: { ticket: "Größe 4\r\nX-Evil: 1", Note: "" },
});

Deno.test("deliveryMetadata() tells where a bundle is from, in what a header can carry", () => {
  const { tool, ...metadata } = deliveryMetadata(facts, "host-1");
  match(tool!, /^support-bundle \d/);
  deepStrictEqual(metadata, {
    job: "nightly",
    execution: "job-1-20260302T020000Z",
    cluster: "prod eu/1",
    host: "host-1",
    started: "2026-03-02T02:00:01.000Z",
    "label-team": "shop",
    "label-app-kubernetes-io-name": "bundle",
    "user-ticket": "Gr%C3%B6%C3%9Fe 4%0D%0AX-Evil: 1",
  });
});

Deno.test("deliveryMetadata() stays within what S3 takes, and leaves the user's facts out first", () => {
  const metadata = deliveryMetadata({ ...facts, metadata: { long: "x".repeat(5_000), short: "y" } }, "host-1");
  strictEqual(metadata["user-long"], undefined);
  strictEqual(metadata["user-short"], "y");
  ok(JSON.stringify(metadata).length < 2_000);
});
