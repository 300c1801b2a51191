import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { UsageError } from "../../src/core/errors.ts";
import { azblob, blockBytes } from "../../src/upload/kinds/azblob.ts";
import { context, makeFile, remoteUploaderContract, sha256, uploaderContract } from "../contracts/uploader_contract.ts";
import { resumeContract } from "../contracts/resume_contract.ts";
import { canMountSmallDisk, mountSmallDisk } from "../crash/small_disk.ts";
import { AZURITE, type Azurite, startAzurite } from "../fixtures/azurite_server.ts";
import { startFaultyProxy } from "../fixtures/faulty_proxy.ts";
import { freePort } from "../fixtures/server_process.ts";
import { type AzblobPlace, ignore, openPlace, withContainer } from "./azblob_place.ts";
import { failure, memory, recording } from "./upload_observation.ts";

const MiB = 1024 * 1024;

const open = async (own?: Azurite) => {
  const { azurite, container, to, env, stop } = await openPlace(own);
  const wrong = crypto.getRandomValues(new Uint8Array(64)).toBase64();
  return {
    folder: to("new folder/of bundles/"),
    exact: to("exact.tar.gz"),
    env,
    read: (url: string) => container.read(url.slice(`azblob://${container.name}/`.length)),
    list: container.list,
    wrongCredentials: { destination: to("folder/"), env: { KEY: wrong }, secret: wrong },
    refused: to("folder/", { endpoint: `http://127.0.0.1:${freePort()}/${azurite.account}` }),
    port: azurite.port,
    through: (port: number) => to("folder/", { endpoint: `http://127.0.0.1:${port}/${azurite.account}` }),
    close: stop,
  };
};
const openFull = async () => {
  const disk = await mountSmallDisk();
  const azurite = await startAzurite(AZURITE!, { folder: disk.path });
  const place = await open(azurite);
  const close = async () => {
    await place.close();
    await azurite.stop();
    await disk[Symbol.asyncDispose]();
  };
  return { ...place, close };
};
uploaderContract(azblob, ignore, open);
remoteUploaderContract(azblob, ignore, open, canMountSmallDisk() ? openFull : undefined);
resumeContract(azblob, ignore, open);

const USABLE: [url: string, options: Record<string, string>, refused?: RegExp][] = [
  ["azblob://bundles", {}],
  ["azblob://my-bundles-1/a/b.tar.gz", { account: "acct1", accessTier: "Cool", tags: "team=ops&kind=bundle" }],
  ["azblob://$root/", { retainFor: "30d", retentionMode: "Locked", legalHold: "true" }],
  ["azblob:///folder/", {}, /names no container/],
  ["azblob://my--bundles/", {}, /no name of a container/],
  ["azblob://account.blob.core.windows.net/x", {}, /no name of a container/],
  ["azblob://bundles/a%2f..%2f..%2fother", {}, /leads up/],
  ["azblob://bundles/", { account: "https://acct1" }, /no name of a storage account/],
  ["azblob://bundles/", { endpoint: "https://acct1.blob.core.windows.net?sig=x" }, /not the URL of a server/],
  ["azblob://bundles/", { accessTier: "cool" }, /accessTier is "cool"/],
  ["azblob://bundles/", { retentionMode: "Locked" }, /without retainFor/],
  ["azblob://bundles/", { retainFor: "-1d" }, /retainFor is "-1d"/],
  ["azblob://bundles/", { legalHold: "yes" }, /legalHold is "yes"/],
  ["azblob://bundles/", { tags: "=x" }, /no list of up to ten tags/],
];
for (const [url, options, refused] of USABLE) {
  Deno.test(`azblob: ${refused === undefined ? "takes" : "refuses"} ${url} with ${JSON.stringify(options)}`, () => {
    const validate = () => azblob.validate({ url: new URL(url), options });
    if (refused === undefined) validate();
    else throws(validate, (error) => error instanceof UsageError && refused.test(error.message));
  });
}

Deno.test("blockBytes() grows only for files with too many blocks", () => {
  deepStrictEqual([1, 400_000 * MiB, 400_000 * MiB + 1, 900_000 * MiB].map((n) => blockBytes(n, 8 * MiB) / MiB), [
    8,
    8,
    9,
    18,
  ]);
});

withContainer("azblob: carries metadata, tier and tags along", async ({ container, to, env }, work) => {
  const file = {
    ...await makeFile(work, "bundle.tar.gz", 10),
    metadata: { job: "nightly", "node-pool": "Büro", "1st": "x", sha256: "other" },
  };
  await azblob.upload(file, to("x/", { accessTier: "Cool", tags: "team=ops&kind=a b" }), context(env));
  const headers = await container.describe("x/bundle.tar.gz");
  const said = (name: string) => headers.get(name);
  strictEqual(said("x-ms-meta-job"), "nightly");
  strictEqual(said("x-ms-meta-node_pool"), "B%C3%BCro");
  strictEqual(said("x-ms-meta-_1st"), "x");
  strictEqual(said("x-ms-meta-sha256"), file.sha256);
  strictEqual(said("content-type"), "application/gzip");
  strictEqual(said("x-ms-access-tier"), "Cool");
  strictEqual(said("x-ms-tag-count"), "2");
});

withContainer("azblob: asks for hold, retention and scope in the words of the service", async (place, work) => {
  place.door.intercept = (request) => new Response(null, { status: request.method === "HEAD" ? 403 : 201 });
  const options = {
    legalHold: "true",
    retainFor: "2d",
    retentionMode: "Locked",
    encryptionScope: "bundles",
    tags: "kind=a b",
  };
  await azblob.upload(await makeFile(work, "bundle.tar.gz", 10), place.to("x/", options), context(place.env));
  const [block, list] = place.door.requests.map(({ headers }) => headers);
  strictEqual(block?.get("x-ms-encryption-scope"), "bundles");
  strictEqual(list?.get("x-ms-encryption-scope"), "bundles");
  strictEqual(list?.get("x-ms-legal-hold"), "true");
  strictEqual(list?.get("x-ms-immutability-policy-until-date"), "Sat, 03 Jan 1970 00:00:00 GMT");
  strictEqual(list?.get("x-ms-immutability-policy-mode"), "Locked");
  strictEqual(list?.get("x-ms-tags"), "kind=a%20b");
});

withContainer("azblob: names container and endpoint when the container does not exist", async (place, work) => {
  const destination = { ...place.to("x/"), url: new URL("azblob://nowhere/x/") };
  const error = await failure(
    azblob.upload(await makeFile(work, "bundle.tar.gz", 10), destination, context(place.env)),
  );
  strictEqual(error.code, "UPLOAD_NO_BUCKET");
  strictEqual(error.transient, false);
  ok(error.message.includes('container "nowhere"') && error.message.includes(destination.options.endpoint!));
});

withContainer("azblob: waits as long as a busy service asks, and then delivers", async (place, work) => {
  const slept: number[] = [];
  let busy = 2;
  place.door.intercept = () => busy-- > 0 ? serverBusy() : undefined;
  const file = await makeFile(work, "bundle.tar.gz", 1000);
  await azblob.upload(file, place.to("x/"), context(place.env, { clock: recording(slept) }));
  deepStrictEqual(slept, [7000, 7000]);
  strictEqual(sha256(await place.container.read("x/bundle.tar.gz")), file.sha256);
});

withContainer("azblob: gives up after four tries, and calls it transient", async (place, work) => {
  const slept: number[] = [];
  place.door.intercept = serverBusy;
  const file = await makeFile(work, "bundle.tar.gz", 1000);
  const error = await failure(
    azblob.upload(file, place.to("x/"), context(place.env, { clock: recording(slept) })),
  );
  strictEqual(error.transient, true);
  strictEqual(slept.length, 3);
  deepStrictEqual(await place.container.list(), []);
});

withContainer("azblob: sends the block again that was damaged on its way", async (place, work) => {
  let damaged = 1;
  place.door.intercept = ({ url }) =>
    url.includes("comp=block&") && damaged-- > 0
      ? new Response("", { status: 400, headers: { "x-ms-error-code": "Md5Mismatch" } })
      : undefined;
  const file = await makeFile(work, "bundle.tar.gz", 1000);
  await azblob.upload(file, place.to("x/"), context(place.env));
  strictEqual(sha256(await place.container.read("x/bundle.tar.gz")), file.sha256);
});

withContainer("azblob: the service refuses a block that is not what its MD5 says", async (place) => {
  const md5 = "AAAAAAAAAAAAAAAAAAAAAA==";
  const url = new URL(`${place.azurite.endpoint}/${place.container.name}/x?${place.azurite.sas("rcw")}`);
  url.searchParams.set("comp", "block");
  url.searchParams.set("blockid", btoa("00000"));
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const answer = await fetch(url, { client, method: "PUT", body: "other", headers: { "content-md5": md5 } });
  await answer.body?.cancel();
  strictEqual(answer.headers.get("x-ms-error-code"), "Md5Mismatch");
});

withContainer("azblob: sends the block again on which the connection broke", async (place, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 20 * MiB);
  const slept: number[] = [];
  const { azurite, container } = place;
  const proxy = startFaultyProxy(
    azurite.port,
    (n) => n === 1 ? { do: "cut", afterBytes: 9 * MiB } : { do: "pass" },
  );
  try {
    const endpoint = `http://127.0.0.1:${proxy.port}/${azurite.account}`;
    await azblob.upload(file, place.to("x/", { endpoint }), context(place.env, { clock: recording(slept) }));
  } finally {
    await proxy.stop();
  }
  strictEqual(slept.length, 1);
  strictEqual(sha256(await container.read("x/bundle.tar.gz")), file.sha256);
});

/** Ends an upload when its first block has arrived. */
async function beginUpload(place: AzblobPlace, work: string, env = place.env) {
  const file = await makeFile(work, "bundle.tar.gz", 20 * MiB);
  const state = memory();
  const aborted = new AbortController();
  await rejects(
    azblob.upload(
      file,
      place.to("x/"),
      context(env, { resume: state, signal: aborted.signal, progress: () => aborted.abort(new Error("stop")) }),
    ),
    { message: "stop" },
  );
  place.door.requests.length = 0;
  return { file, state };
}

withContainer("azblob: a next process sends only what has not arrived", async (place, work) => {
  const { file, state } = await beginUpload(place, work);
  ok(!JSON.stringify(state.value).includes(place.azurite.key), "the state holds the key");
  strictEqual((await place.container.staged("x/bundle.tar.gz")).length, 1);
  const progress: number[] = [];
  await azblob.upload(
    file,
    place.to("x/"),
    context(place.env, { resume: state, progress: (n) => progress.push(n) }),
  );
  strictEqual(blockBytesSent(place), 12 * MiB);
  strictEqual(progress[0], 8 * MiB);
  strictEqual(state.value, undefined);
  strictEqual(sha256(await place.container.read("x/bundle.tar.gz")), file.sha256);
});

withContainer("azblob: resumes with a signature that may write and not read", async (place, work) => {
  const env = { KEY: place.azurite.sas("cw") };
  const { file, state } = await beginUpload(place, work, env);
  await azblob.upload(file, place.to("x/"), context(env, { resume: state }));
  strictEqual(blockBytesSent(place), 12 * MiB);
  strictEqual(sha256(await place.container.read("x/bundle.tar.gz")), file.sha256);
});

withContainer("azblob: finds a blob complete whose last answer was lost", async (place, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 10 * MiB);
  const state = memory();
  place.door.intercept = ({ method }) => method === "HEAD" ? new Response(null, { status: 400 }) : undefined;
  await failure(azblob.upload(file, place.to("x/"), context(place.env, { resume: state })));
  place.door.intercept = undefined;
  place.door.requests.length = 0;
  await azblob.upload(file, place.to("x/"), context(place.env, { resume: state }));
  strictEqual(blockBytesSent(place), 0);
  strictEqual(state.value, undefined);
});

const STATES: [name: string, damage: (state: Record<string, unknown>) => unknown, sent: number][] = [
  ["is damaged", () => "nonsense", 20],
  ["is of another file", (state) => ({ ...state, sha256: "0" }), 20],
  ["has a size of blocks that cannot be", (state) => ({ ...state, blockBytes: 1 }), 20],
  ["counts more blocks than there are", (state) => ({ ...state, blocks: 3 }), 12],
];
for (const [what, damage, sent] of STATES) {
  withContainer(`azblob: delivers when what was kept ${what}`, async (place, work) => {
    const { file, state } = await beginUpload(place, work);
    state.value = damage(state.value as Record<string, unknown>);
    await azblob.upload(file, place.to("x/"), context(place.env, { resume: state }));
    strictEqual(blockBytesSent(place), sent * MiB);
    strictEqual(sha256(await place.container.read("x/bundle.tar.gz")), file.sha256);
  });
}

withContainer("azblob: begins anew when the service has dropped blocks that it cannot list", async (place, work) => {
  const env = { KEY: place.azurite.sas("cw") };
  const { file, state } = await beginUpload(place, work, env);
  state.value = { ...state.value as Record<string, unknown>, blocks: 3 };
  const error = await failure(azblob.upload(file, place.to("x/"), context(env, { resume: state })));
  strictEqual(error.transient, true);
  strictEqual(state.value, undefined);
  await azblob.upload(file, place.to("x/"), context(env, { resume: state }));
  strictEqual(sha256(await place.container.read("x/bundle.tar.gz")), file.sha256);
});

withContainer("azblob: keeps nothing of an upload that is given up", async (place, work) => {
  const { file, state } = await beginUpload(place, work);
  await azblob.abandon!(file, place.to("x/"), { ...context(place.env), resume: state });
  strictEqual(state.value, undefined);
});

withContainer("azblob: calls what arrived damaged, and transient, and begins anew then", async (place, work) => {
  const state = memory();
  place.door.intercept = ({ method }) =>
    method === "HEAD" ? new Response(null, { headers: { "x-ms-meta-sha256": "other" } }) : undefined;
  const error = await failure(
    azblob.upload(
      await makeFile(work, "bundle.tar.gz", 10),
      place.to("x/"),
      context(place.env, { resume: state }),
    ),
  );
  strictEqual(error.code, "UPLOAD_CORRUPT");
  strictEqual(error.transient, true);
  strictEqual(state.value, undefined);
});

withContainer("azblob: sends a block again of which there is only a part", async (place, work) => {
  const { file, state } = await beginUpload(place, work);
  const [id] = await place.container.staged("x/bundle.tar.gz");
  place.door.intercept = ({ method, url }) => {
    if (method !== "GET" || !url.includes("blocklist")) return undefined;
    const block = `<Block><Name>${id}</Name><Size>100</Size></Block>`;
    return new Response(`<BlockList><UncommittedBlocks>${block}</UncommittedBlocks></BlockList>`);
  };
  await azblob.upload(file, place.to("x/"), context(place.env, { resume: state }));
  strictEqual(blockBytesSent(place), 20 * MiB);
  strictEqual(sha256(await place.container.read("x/bundle.tar.gz")), file.sha256);
});

withContainer("azblob: asks before each MiB where the bandwidth is limited", async (place, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 3 * MiB + 5);
  const asked: number[] = [];
  const pace = (bytes: number) => (asked.push(bytes), Promise.resolve());
  await azblob.upload(file, place.to("x/"), context(place.env, { pace }));
  deepStrictEqual(asked, [MiB, MiB, MiB, 5]);
  strictEqual(sha256(await place.container.read("x/bundle.tar.gz")), file.sha256);
});

function blockBytesSent({ door }: AzblobPlace): number {
  return door.requests.filter(({ url }) => url.searchParams.get("comp") === "block")
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

function serverBusy(): Response {
  return new Response(null, { status: 503, headers: { "Retry-After": "7", "x-ms-error-code": "ServerBusy" } });
}
