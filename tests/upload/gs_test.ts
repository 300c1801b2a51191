import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { UsageError } from "../../src/core/errors.ts";
import { gs } from "../../src/upload/kinds/gs.ts";
import type { LocalFile } from "../../src/upload/uploader.ts";
import { context, makeFile, remoteUploaderContract, sha256, uploaderContract } from "../contracts/uploader_contract.ts";
import { resumeContract } from "../contracts/resume_contract.ts";
import { canMountSmallDisk, mountSmallDisk } from "../crash/small_disk.ts";
import { startFaultyProxy } from "../fixtures/faulty_proxy.ts";
import { startGcsServer } from "../fixtures/gcs_server.ts";
import { TEST_SERVICES } from "../fixtures/s3_server.ts";
import { freePort } from "../fixtures/server_process.ts";
import { account, to, withServer } from "./gs_place.ts";
import { failure, memory, recording } from "./upload_observation.ts";

const ignore = TEST_SERVICES === undefined;
const MiB = 1024 * 1024;

const open = async (root?: string) => {
  const server = await startGcsServer(TEST_SERVICES!, root);
  const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
    .export({ type: "pkcs8", format: "pem" }).toString();
  const folder = to(server, "new folder/of bundles/");
  return {
    folder,
    exact: to(server, "exact.tar.gz"),
    env: account(server),
    read: server.read,
    list: server.list,
    wrongCredentials: {
      destination: folder,
      env: { ACCOUNT: JSON.stringify({ ...server.serviceAccount, private_key: stranger }) },
      secret: stranger.split("\n")[1]!,
    },
    refused: to({ ...server, endpoint: `http://127.0.0.1:${freePort()}` }, "folder/"),
    port: Number(new URL(server.endpoint).port),
    through: (port: number) => to({ ...server, endpoint: `http://127.0.0.1:${port}` }, "folder/"),
    close: server.stop,
  };
};
const openFull = async () => {
  const disk = await mountSmallDisk();
  const place = await open(disk.path);
  return { ...place, close: () => place.close().finally(() => disk[Symbol.asyncDispose]()) };
};
uploaderContract(gs, ignore, open);
remoteUploaderContract(gs, ignore, open, canMountSmallDisk() ? openFull : undefined);
resumeContract(gs, ignore, open);

const USABLE: [url: string, options: Record<string, string>, refused?: RegExp][] = [
  ["gs://bundles", {}],
  ["gs://bundles/a/b.tar.gz", { storageClass: "NEARLINE", retainFor: "30d", retentionMode: "Locked" }],
  ["gs://my.bucket_1/", { temporaryHold: "true", customTime: "2026-01-31T00:00:00Z" }],
  ["gs:///folder/", {}, /names no bucket/],
  ["gs://Bundles/", {}, /no name of a bucket/],
  ["gs://bundles/%zz", {}, /begins no escape/],
  ["gs://bundles/", { endpoint: "storage.example.com" }, /not the URL of a server/],
  ["gs://bundles/", { endpoint: "https://me:secret@storage.example.com" }, /not the URL of a server/],
  ["gs://bundles/", { eventBasedHold: "yes" }, /eventBasedHold is "yes"/],
  ["gs://bundles/", { retentionMode: "Locked" }, /without retainFor/],
  ["gs://bundles/", { retainFor: "soon" }, /retainFor is "soon"/],
  ["gs://bundles/", { customTime: "tomorrow" }, /customTime is "tomorrow"/],
];
for (const [url, options, refused] of USABLE) {
  Deno.test(`gs: ${refused === undefined ? "takes" : "refuses"} ${url} with ${JSON.stringify(options)}`, () => {
    const validate = () => gs.validate({ url: new URL(url), options });
    if (refused === undefined) validate();
    else throws(validate, (error) => error instanceof UsageError && refused.test(error.message));
  });
}

withServer("gs: carries metadata, storage class and dates along", async (server, work) => {
  const file = {
    ...await makeFile(work, "bundle.tar.gz", 10),
    metadata: { job: "nightly", cluster: "Büro", sha256: "other" },
  };
  const destination = to(server, "x/", { storageClass: "NEARLINE", customTime: "2026-01-31T00:00:00Z" });
  await gs.upload(file, destination, context(account(server)));
  const object = await server.describe("x/bundle.tar.gz");
  deepStrictEqual(object.metadata, { job: "nightly", cluster: "Büro", sha256: file.sha256 });
  strictEqual(object.storageClass, "NEARLINE");
  strictEqual(object.contentType, "application/gzip");
});

withServer("gs: asks for hold, retention, key and access in the words of the API", async (server, work) => {
  const asked: Promise<unknown>[] = [];
  server.intercept = (request) => {
    if (request.method === "POST" && request.url.includes("uploadType")) asked.push(request.clone().json());
    return undefined;
  };
  await gs.upload(
    await makeFile(work, "bundle.tar.gz", 10),
    to(server, "x/", {
      temporaryHold: "true",
      eventBasedHold: "false",
      retainFor: "2d",
      retentionMode: "Locked",
      kmsKeyName: "projects/p/locations/l/keyRings/r/cryptoKeys/k",
      predefinedAcl: "bucketOwnerFullControl",
      userProject: "payer",
    }),
    context(account(server)),
  );
  const [object] = await Promise.all(asked) as [Record<string, unknown>];
  strictEqual(object.temporaryHold, true);
  strictEqual(object.eventBasedHold, false);
  deepStrictEqual(object.retention, { mode: "Locked", retainUntilTime: "1970-01-03T00:00:00.000Z" });
  const [begin, , read] = server.requests.filter((request) => !request.includes("/token"));
  ok(begin?.includes("kmsKeyName=projects%2Fp%2Flocations") && begin.includes("predefinedAcl=bucketOwnerFullControl"));
  ok(begin?.includes("userProject=payer") && read?.includes("userProject=payer"), read);
});

withServer("gs: delivers with credentials that may write and not read", async (server, work) => {
  const ACCOUNT = server.addToken({ mayRead: false });
  const file = await makeFile(work, "bundle.tar.gz", 9 * MiB);
  await gs.upload(file, to(server, "x/"), context({ ACCOUNT }));
  strictEqual(sha256(await server.read("gs://bundles/x/bundle.tar.gz")), file.sha256);
});

withServer("gs: names bucket and endpoint when the bucket does not exist", async (server, work) => {
  const destination = to({ ...server, bucket: "nowhere" }, "x/");
  const error = await failure(
    gs.upload(await makeFile(work, "bundle.tar.gz", 10), destination, context(account(server))),
  );
  strictEqual(error.code, "UPLOAD_NO_BUCKET");
  strictEqual(error.transient, false);
  ok(error.message.includes('bucket "nowhere"') && error.message.includes(server.endpoint), error.message);
});

withServer("gs: says which permission is missing", async (server, work) => {
  server.intercept = (request) =>
    request.method === "POST" && !request.url.endsWith("/token") ? new Response("no", { status: 403 }) : undefined;
  const error = await failure(
    gs.upload(await makeFile(work, "bundle.tar.gz", 10), to(server, "x/"), context(account(server))),
  );
  strictEqual(error.code, "UPLOAD_DENIED");
  ok(error.hint?.includes("storage.objects.create"), error.hint);
});

withServer("gs: waits as long as a busy server asks, and then delivers", async (server, work) => {
  const slept: number[] = [];
  let busy = 2;
  server.intercept = (request) => request.method === "PUT" && busy-- > 0 ? slowDown() : undefined;
  const file = await makeFile(work, "bundle.tar.gz", 1000);
  await gs.upload(file, to(server, "x/"), context(account(server), { clock: recording(slept) }));
  deepStrictEqual(slept, [7000, 7000]);
  strictEqual(sha256(await server.read("gs://bundles/x/bundle.tar.gz")), file.sha256);
});

withServer("gs: gives up after four tries, calls it transient, and leaves no session", async (server, work) => {
  const slept: number[] = [];
  server.intercept = (request) => request.method === "PUT" ? slowDown() : undefined;
  const file = await makeFile(work, "bundle.tar.gz", 1000);
  const error = await failure(gs.upload(file, to(server, "x/"), context(account(server), { clock: recording(slept) })));
  strictEqual(error.transient, true);
  strictEqual(slept.length, 3);
  ok(server.requests.at(-1)?.startsWith("DELETE "), server.requests.at(-1));
});

withServer("gs: asks what has arrived when the connection breaks, and sends the rest", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 20 * MiB);
  const slept: number[] = [];
  // One connection serves it all until it is cut, in the second piece.
  const proxy = startFaultyProxy(
    Number(new URL(server.endpoint).port),
    (n) => n === 1 ? { do: "cut", afterBytes: 9 * MiB } : { do: "pass" },
  );
  try {
    const destination = to({ ...server, endpoint: `http://127.0.0.1:${proxy.port}` }, "x/");
    const ACCOUNT = server.addToken();
    await gs.upload(file, destination, context({ ACCOUNT }, { clock: recording(slept) }));
  } finally {
    await proxy.stop();
  }
  strictEqual(slept.length, 1);
  strictEqual(server.receivedBytes, 20 * MiB);
  strictEqual(sha256(await server.read("gs://bundles/x/bundle.tar.gz")), file.sha256);
});

for (const [which, from] of [["first", "bytes 0-"], ["last", "bytes 16777216-"]] as const) {
  withServer(`gs: sends nothing twice when the answer to the ${which} piece is lost`, async (server, work) => {
    const file = await makeFile(work, "bundle.tar.gz", 20 * MiB);
    let lost = 1;
    server.loseAnswer = ({ headers }) => headers.get("content-range")!.startsWith(from) && lost-- > 0;
    await gs.upload(file, to(server, "x/"), context({ ACCOUNT: server.addToken() }));
    strictEqual(server.receivedBytes, 20 * MiB);
    strictEqual(sha256(await server.read("gs://bundles/x/bundle.tar.gz")), file.sha256);
  });
}

withServer("gs: a next process sends only what has not arrived", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 20 * MiB);
  const state = memory();
  const ACCOUNT = server.addToken();
  server.intercept = (request) =>
    request.headers.get("content-range")?.startsWith("bytes 8388608-") ? new Response("", { status: 400 }) : undefined;
  await failure(gs.upload(file, to(server, "x/"), context({ ACCOUNT }, { resume: state })));
  ok(!JSON.stringify(state.value).includes(ACCOUNT), "the state holds the token");
  server.intercept = undefined;
  server.receivedBytes = 0;
  const progress: number[] = [];
  await gs.upload(
    file,
    to(server, "x/"),
    context({ ACCOUNT }, { resume: state, progress: (n) => progress.push(n) }),
  );
  strictEqual(server.receivedBytes, 12 * MiB);
  strictEqual(progress[0], 8 * MiB);
  strictEqual(state.value, undefined);
  strictEqual(sha256(await server.read("gs://bundles/x/bundle.tar.gz")), file.sha256);
});

withServer("gs: finds an upload complete whose last answer was lost", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 10 * MiB);
  const state = memory();
  const ACCOUNT = server.addToken();
  server.intercept = (request) => request.method === "GET" ? new Response("", { status: 400 }) : undefined;
  await failure(gs.upload(file, to(server, "x/"), context({ ACCOUNT }, { resume: state })));
  server.intercept = undefined;
  server.receivedBytes = 0;
  await gs.upload(file, to(server, "x/"), context({ ACCOUNT }, { resume: state }));
  strictEqual(server.receivedBytes, 0);
  strictEqual(state.value, undefined);
});

const STATES: [name: string, damage: (state: Record<string, unknown>) => unknown][] = [
  ["is damaged", () => "nonsense"],
  ["is of another file", (state) => ({ ...state, sha256: "0" })],
  ["is of a session that the server has forgotten", (state) => ({ ...state, session: state.session + "0" })],
  ["leads to another server", (state) => ({ ...state, session: "http://127.0.0.1:1/upload?upload_id=1" })],
];
for (const [what, damage] of STATES) {
  withServer(`gs: begins anew when what was kept ${what}`, async (server, work) => {
    const file = await makeFile(work, "bundle.tar.gz", 20 * MiB);
    const state = memory();
    const ACCOUNT = server.addToken();
    server.intercept = (request) =>
      request.headers.get("content-range")?.startsWith("bytes 8388608-")
        ? new Response("", { status: 400 })
        : undefined;
    await failure(gs.upload(file, to(server, "x/"), context({ ACCOUNT }, { resume: state })));
    server.intercept = undefined;
    ok(state.value !== undefined);
    state.value = damage(state.value as Record<string, unknown>);
    await gs.upload(file, to(server, "x/"), context({ ACCOUNT }, { resume: state }));
    strictEqual(sha256(await server.read("gs://bundles/x/bundle.tar.gz")), file.sha256);
  });
}

withServer("gs: frees what an upload has left that is given up", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 10 * MiB);
  const state = memory();
  const ACCOUNT = server.addToken();
  const aborted = new AbortController();
  await rejects(
    gs.upload(
      file,
      to(server, "x/"),
      context({ ACCOUNT }, { resume: state, signal: aborted.signal, progress: () => aborted.abort(new Error("stop")) }),
    ),
    { message: "stop" },
  );
  ok(!server.requests.some((request) => request.startsWith("DELETE ")));
  await gs.abandon!(file, to(server, "x/"), { ...context({ ACCOUNT }), resume: state });
  ok(server.requests.at(-1)?.startsWith("DELETE "));
  strictEqual(state.value, undefined);
});

const ARRIVED: [what: string, object: (file: LocalFile, md5: string) => Record<string, unknown>][] = [
  ["MD5", ({ bytes, sha256 }) => ({ size: String(bytes), md5Hash: "AAAA", metadata: { sha256 } })],
  ["size", ({ sha256 }, md5Hash) => ({ size: "9", md5Hash, metadata: { sha256 } })],
  ["SHA-256", ({ bytes }, md5Hash) => ({ size: String(bytes), md5Hash, metadata: { sha256: "other" } })],
];
for (const [what, object] of ARRIVED) {
  withServer(`gs: calls what arrived with another ${what} damaged, and transient`, async (server, work) => {
    const file = await makeFile(work, "bundle.tar.gz", 10);
    const md5 = createHash("md5").update(await Deno.readFile(file.path)).digest("base64");
    server.intercept = ({ method }) => method === "GET" ? Response.json(object(file, md5)) : undefined;
    const error = await failure(gs.upload(file, to(server, "x/"), context({ ACCOUNT: server.addToken() })));
    strictEqual(error.code, "UPLOAD_CORRUPT");
    strictEqual(error.transient, true);
  });
}

withServer("gs: calls it damaged when the server computes another MD5, and begins anew then", async (server, work) => {
  const state = memory();
  server.intercept = (request) => request.headers.has("x-goog-hash") ? new Response("", { status: 400 }) : undefined;
  const error = await failure(
    gs.upload(
      await makeFile(work, "bundle.tar.gz", 10 * MiB),
      to(server, "x/"),
      context({ ACCOUNT: server.addToken() }, { resume: state }),
    ),
  );
  strictEqual(error.code, "UPLOAD_CORRUPT");
  strictEqual(error.transient, true);
  strictEqual(state.value, undefined);
  ok(server.requests.at(-1)?.startsWith("DELETE "), server.requests.at(-1));
});

withServer("gs: asks before each MiB where the bandwidth is limited", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 3 * MiB + 5);
  const asked: number[] = [];
  const pace = (bytes: number) => (asked.push(bytes), Promise.resolve());
  await gs.upload(file, to(server, "x/"), context({ ACCOUNT: server.addToken() }, { pace }));
  deepStrictEqual(asked, [MiB, MiB, MiB, 5]);
  strictEqual(sha256(await server.read("gs://bundles/x/bundle.tar.gz")), file.sha256);
});

function slowDown(): Response {
  return new Response("", { status: 503, headers: { "Retry-After": "7" } });
}
