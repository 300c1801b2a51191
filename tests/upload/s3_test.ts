import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { GetObjectTaggingCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { FetchHttpHandler } from "@smithy/fetch-http-handler";
import { s3 } from "../../src/upload/kinds/s3.ts";
import { partSize } from "../../src/upload/kinds/s3_parts.ts";
import { UploadError } from "../../src/upload/upload_error.ts";
import type { Destination } from "../../src/upload/uploader.ts";
import {
  context,
  filesBelow,
  makeFile,
  remoteUploaderContract,
  sha256,
  uploaderContract,
} from "../contracts/uploader_contract.ts";
import { resumeContract } from "../contracts/resume_contract.ts";
import { canMountSmallDisk, mountSmallDisk } from "../crash/small_disk.ts";
import { type Fault, type FaultyProxy, startFaultyProxy } from "../fixtures/faulty_proxy.ts";
import { type S3Server, startS3Server, TEST_SERVICES } from "../fixtures/s3_server.ts";
import { freePort, randomHex } from "../fixtures/server_process.ts";

const ignore = TEST_SERVICES === undefined;
const LARGE = 20 * 1024 * 1024;

const open = async (root?: string) => {
  const server = await startS3Server(TEST_SERVICES!, root);
  const wrong = randomHex(20);
  return {
    folder: to(server, "new folder/of bundles/"),
    exact: to(server, "exact.tar.gz"),
    env: keys(server),
    read: (url: string) =>
      Deno.readFile(join(server.folder, server.bucket, url.slice(`s3://${server.bucket}/`.length))),
    list: () => filesBelow(join(server.folder, server.bucket)),
    wrongCredentials: {
      destination: to(server, "folder/"),
      env: { ...keys(server), AWS_SECRET_ACCESS_KEY: wrong },
      secret: wrong,
    },
    refused: to({ ...server, endpoint: `http://127.0.0.1:${freePort()}` }, "folder/"),
    port: Number(new URL(server.endpoint).port),
    through: (port: number) => to({ ...server, endpoint: `http://127.0.0.1:${port}` }, "folder/"),
    close: () => server.stop(),
  };
};
const openFull = async () => {
  const disk = await mountSmallDisk();
  const place = await open(disk.path);
  return { ...place, close: () => place.close().finally(() => disk[Symbol.asyncDispose]()) };
};
uploaderContract(s3, ignore, open);
remoteUploaderContract(s3, ignore, open, canMountSmallDisk() ? openFull : undefined);
resumeContract(s3, ignore, open);

const FORMS: [name: string, value: (server: S3Server) => string][] = [
  ["JSON", ({ accessKeyId, secretAccessKey }) => JSON.stringify({ accessKeyId, secretAccessKey })],
  ["KEY:SECRET", ({ accessKeyId, secretAccessKey }) => `${accessKeyId}:${secretAccessKey}\n`],
];
for (const [form, value] of FORMS) {
  withServer(
    `s3: takes credentials as ${form} from a reference, before those of the environment`,
    async (server, work) => {
      const file = await makeFile(work, "bundle.tar.gz", 10);
      const destination = { ...to(server, "x/"), credentials: "env:BUNDLE_KEYS" };
      const env = { AWS_ACCESS_KEY_ID: "other", AWS_SECRET_ACCESS_KEY: "other", BUNDLE_KEYS: value(server) };
      strictEqual((await s3.upload(file, destination, context(env))).url, "s3://bundles/x/bundle.tar.gz");
    },
  );
}

withServer("s3: takes credentials from a profile of the shared credentials file", async (server, work) => {
  const path = join(work, "credentials");
  await Deno.writeTextFile(
    path,
    `[default]\naws_access_key_id = other\naws_secret_access_key = other\n\n[bundles]\n` +
      `aws_access_key_id = ${server.accessKeyId}\naws_secret_access_key=${server.secretAccessKey}\n`,
  );
  const destination = to(server, "x/");
  destination.options.profile = "bundles";
  const env = { AWS_SHARED_CREDENTIALS_FILE: path };
  const file = await makeFile(work, "bundle.tar.gz", 10);
  strictEqual((await s3.upload(file, destination, context(env))).url, "s3://bundles/x/bundle.tar.gz");
});

withServer("s3: names bucket and endpoint when the bucket does not exist", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 10);
  const error = await failure(s3.upload(file, to({ ...server, bucket: "nowhere" }, "x/"), context(keys(server))));
  strictEqual(error.code, "UPLOAD_NO_BUCKET");
  strictEqual(error.transient, false);
  ok(error.message.includes('bucket "nowhere"') && error.message.includes(server.endpoint), error.message);
});

withServer("s3: fails for good when there are no credentials", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 10);
  const error = await failure(
    s3.upload(file, to(server, "x/"), context({ HOME: work, AWS_EC2_METADATA_DISABLED: "true" })),
  );
  strictEqual(error.code, "UPLOAD_CREDENTIALS");
});

for (const bytes of [1000, 9 * 1024 * 1024]) {
  withServer(`s3: delivers ${bytes} bytes with credentials that may write and not read`, async (server, work) => {
    const writer = await server.addUser(["s3:PutObject"]);
    const file = await makeFile(work, "bundle.tar.gz", bytes);
    await s3.upload(file, to(server, "x/"), context(keys(writer)));
    strictEqual(sha256(await Deno.readFile(join(server.folder, "bundles/x/bundle.tar.gz"))), file.sha256);
  });
}

const KEPT: [what: string, options: Record<string, string>, bytes: number][] = [
  ["tags and metadata", { tags: "team=a&cost=b c" }, 1000],
  ["tags and metadata, of an object in parts", { tags: "team=a&cost=b c" }, LARGE],
  ["parts with SHA-256", { checksum: "SHA256" }, LARGE],
];
for (const [what, options, bytes] of KEPT) {
  withServer(`s3: delivers ${what}`, async (server, work) => {
    const file = {
      ...await makeFile(work, "bundle.tar.gz", bytes),
      metadata: { job: "nightly", "label-team": "Zürich" },
    };
    const destination = to(server, "x/");
    Object.assign(destination.options, options);
    await s3.upload(file, destination, context(keys(server)));
    const object = { Bucket: server.bucket, Key: "x/bundle.tar.gz" };
    const { endpoint } = server;
    const requestHandler = new FetchHttpHandler();
    const region = "us-east-1";
    const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials: server, requestHandler });
    const head = await client.send(new HeadObjectCommand({ ...object, ChecksumMode: "ENABLED" }));
    const { TagSet = [] } = await client.send(new GetObjectTaggingCommand(object));
    client.destroy();
    deepStrictEqual(head.Metadata, { job: "nightly", "label-team": "Z?rich", sha256: file.sha256 });
    strictEqual(new URLSearchParams(TagSet.map(({ Key, Value }) => [Key!, Value!])).size, options.tags ? 2 : 0);
    if (bytes < LARGE || options.checksum) ok(head.ChecksumSHA256);
    else strictEqual(head.ChecksumType, "FULL_OBJECT");
  });
}

Deno.test({
  name: "s3: calls a full disk of the server what it is",
  ignore: ignore || !canMountSmallDisk(),
  async fn() {
    await using disk = await mountSmallDisk();
    const place = await open(disk.path);
    const work = await Deno.makeTempDir();
    try {
      const file = await makeFile(work, "bundle.tar.gz", 1_000_000);
      await rejects(Deno.writeFile(join(disk.path, "everything"), new Uint8Array(20_000_000)));
      const error = await failure(s3.upload(file, place.folder, context(place.env)));
      strictEqual(error.code, "DISK_FULL", error.message);
      strictEqual(error.transient, false);
    } finally {
      await place.close();
      await Deno.remove(work, { recursive: true });
    }
  },
});

withServer("s3: says which permission is missing", async (server, work) => {
  const reader = await server.addUser(["s3:GetObject"]);
  const file = await makeFile(work, "bundle.tar.gz", 10);
  const error = await failure(s3.upload(file, to(server, "x/"), context(keys(reader))));
  strictEqual(error.code, "UPLOAD_DENIED");
  ok(error.hint?.includes("s3:PutObject"), error.hint);
});

withServer("s3: says so when the reference to its credentials leads nowhere", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 10);
  const destination = { ...to(server, "x/"), credentials: "env:BUNDLE_KEYS" };
  const error = await failure(s3.upload(file, destination, context(keys(server))));
  strictEqual(error.code, "UPLOAD_CREDENTIALS");
  ok(error.message.includes("BUNDLE_KEYS"), error.message);
});

withServer(
  "s3: frees unfinished uploads of the same object that nobody remembers, and no others",
  async (server, work) => {
    const file = await makeFile(work, "bundle.tar.gz", LARGE);
    const left = async (path: string) => {
      const abort = new AbortController();
      const resume = {
        load: () => Promise.resolve(undefined),
        save: () => Promise.resolve(),
        clear: () => Promise.resolve(),
      };
      const progress = () => abort.abort();
      const options = { signal: abort.signal, progress, resume };
      await rejects(s3.upload(file, to(server, path), context(keys(server), options)));
    };
    const bucket = join(server.folder, server.bucket);
    const uploads = async () => new Set((await filesBelow(bucket)).map((path) => path.split("/")[2])).size;
    await left("x/bundle.tar.gz");
    await left("x/bundle.tar.gz.other");
    strictEqual(await uploads(), 2);
    await s3.upload(file, to(server, "x/bundle.tar.gz"), context(keys(server)));
    const paths = await filesBelow(bucket);
    deepStrictEqual(paths.filter((path) => !path.startsWith(".")), ["x/bundle.tar.gz"]);
    strictEqual(new Set(paths.filter((path) => path.startsWith(".")).map((path) => path.split("/")[2])).size, 1);
  },
);

withServer("s3: does not send again what had arrived before the process could know", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", LARGE);
  let state: unknown;
  const resume = {
    load: () => Promise.resolve(state),
    save: (next: unknown) => Promise.resolve(void (state = next)),
    clear: () => Promise.resolve(), // as if it had been killed right before
  };
  await s3.upload(file, to(server, "x/"), context(keys(server), { resume }));
  ok(state !== undefined);
  await behind(server, () => ({ do: "pass" }), async (proxied, proxy) => {
    await s3.upload(file, to(proxied, "x/"), context(keys(server), { resume }));
    ok(proxy.sentBytes < 64 * 1024, `${proxy.sentBytes} bytes`);
  });
});

const FIVE_O_THREE = "HTTP/1.1 503 Slow Down\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

withServer("s3: waits as long as a busy server asks, and then delivers", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 1000);
  const slept: number[] = [];
  await behind(server, (n) => n <= 2 ? { do: "answer", text: FIVE_O_THREE } : { do: "pass" }, async (proxied) => {
    await s3.upload(file, to(proxied, "x/"), context(keys(server), { clock: recording(slept) }));
  });
  deepStrictEqual(slept, [7000, 7000]);
  strictEqual(sha256(await Deno.readFile(join(server.folder, "bundles/x/bundle.tar.gz"))), file.sha256);
});

withServer("s3: gives up after four tries, and calls it transient", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 1000);
  const slept: number[] = [];
  await behind(server, () => ({ do: "answer", text: FIVE_O_THREE }), async (proxied) => {
    const error = await failure(
      s3.upload(file, to(proxied, "x/"), context(keys(server), { clock: recording(slept) })),
    );
    strictEqual(error.transient, true);
  });
  strictEqual(slept.length, 3);
  deepStrictEqual(await filesBelow(join(server.folder, "bundles")), []);
});

withServer("s3: sends the part again on which the connection broke", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", LARGE);
  const slept: number[] = [];
  // versitygw closes each connection after its answer: after the list of unfinished uploads and the new one come the parts.
  await behind(server, (n) => n === 4 ? { do: "cut", afterBytes: 1_000_000 } : { do: "pass" }, async (proxied) => {
    await s3.upload(file, to(proxied, "x/"), context(keys(server), { clock: recording(slept) }));
  });
  strictEqual(slept.length, 1);
  strictEqual(sha256(await Deno.readFile(join(server.folder, "bundles/x/bundle.tar.gz"))), file.sha256);
});

const MIB = 1024 * 1024;
const PART_SIZES: [bytes: number, partMiB: number][] = [
  [1, 8],
  [512 * MIB, 8],
  [512 * MIB + 1, 9],
  [2000 * MIB, 32],
  [640_000 * MIB, 64],
  [640_000 * MIB + 1, 65],
];
for (const [bytes, partMiB] of PART_SIZES) {
  Deno.test(`partSize() of ${bytes} bytes is ${partMiB} MiB`, () => strictEqual(partSize(bytes) / MIB, partMiB));
}

function withServer(name: string, fn: (server: S3Server, work: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      const server = await startS3Server(TEST_SERVICES!);
      const work = await Deno.makeTempDir({ prefix: "s3-uploader-" });
      try {
        await fn(server, work);
      } finally {
        await server.stop();
        await Deno.remove(work, { recursive: true });
      }
    },
  });
}

async function behind(
  server: S3Server,
  fault: (connection: number) => Fault,
  fn: (proxied: S3Server, proxy: FaultyProxy) => Promise<void>,
): Promise<void> {
  const proxy = startFaultyProxy(Number(new URL(server.endpoint).port), fault);
  try {
    await fn({ ...server, endpoint: `http://127.0.0.1:${proxy.port}` }, proxy);
  } finally {
    await proxy.stop();
  }
}

function to(server: S3Server, path: string): Destination {
  return { url: new URL(`s3://${server.bucket}/${path}`), options: { endpoint: server.endpoint } };
}

function keys(server: Pick<S3Server, "accessKeyId" | "secretAccessKey">): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: server.accessKeyId, AWS_SECRET_ACCESS_KEY: server.secretAccessKey };
}

function recording(slept: number[]) {
  return { now: () => new Date(0), sleep: (ms: number) => (slept.push(ms), Promise.resolve()) };
}

async function failure(promise: Promise<unknown>): Promise<UploadError> {
  let caught: unknown;
  await rejects(promise, (error) => (caught = error, error instanceof UploadError));
  return caught as UploadError;
}
