import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { http, https } from "../../src/upload/kinds/https.ts";
import { parseDestination } from "../../src/upload/registry.ts";
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
import { canMountSmallDisk, mountSmallDisk } from "../crash/small_disk.ts";
import { hasOpenssl, makeCertificates } from "../fixtures/certificates.ts";
import { type Fault, startFaultyProxy } from "../fixtures/faulty_proxy.ts";
import { type NginxServer, startNginx, TEST_NGINX } from "../fixtures/nginx_server.ts";
import { freePort, randomHex } from "../fixtures/server_process.ts";

const ignore = TEST_NGINX === undefined;
const LARGE = 20 * 1024 * 1024 + 17;

const place = (server: NginxServer, origin: string, caFile?: string) => {
  const wrong = randomHex(20);
  const options: Record<string, string> = caFile === undefined ? {} : { caFile };
  const to = (path: string) => parseDestination(`${origin}/private/${path}`, options, "env:NGINX");
  const env = { NGINX: `${server.user}:${server.password}` };
  return {
    folder: to("new folder/of bundles/"),
    exact: to("exact.tar.gz"),
    env,
    read: (url: string) =>
      Deno.readFile(join(server.data, decodeURIComponent(new URL(url).pathname.slice("/private/".length)))),
    list: () => filesBelow(server.data),
    wrongCredentials: { destination: to("folder/"), env: { NGINX: `${server.user}:${wrong}` }, secret: wrong },
    refused: parseDestination(`${new URL(origin).protocol}//127.0.0.1:${freePort()}/x/`, options, "env:NGINX"),
    port: Number(new URL(origin).port),
    through: (port: number) =>
      parseDestination(`${new URL(origin).protocol}//127.0.0.1:${port}/private/folder/`, options, "env:NGINX"),
    close: () => server.stop(),
  };
};

const inTheClear = async (root?: string) => {
  const server = await startNginx(undefined, root);
  return place(server, server.origin);
};
const full = async () => {
  const disk = await mountSmallDisk();
  const place = await inTheClear(disk.path);
  return { ...place, close: () => place.close().finally(() => disk[Symbol.asyncDispose]()) };
};
uploaderContract(http, ignore, inTheClear);
remoteUploaderContract(http, ignore, inTheClear, canMountSmallDisk() ? full : undefined);

const secured = async () => {
  const certificates = await makeCertificates();
  const server = await startNginx(certificates);
  const caFile = join(server.folder, "ca.pem");
  await Deno.writeTextFile(caFile, certificates.ca);
  return place(server, server.secureOrigin!, caFile);
};
uploaderContract(https, ignore || !hasOpenssl, secured);
remoteUploaderContract(https, ignore || !hasOpenssl, secured);

Deno.test({
  name: "https: refuses a server whose certificate nobody vouches for, for good",
  ignore: ignore || !hasOpenssl,
  async fn() {
    const server = await startNginx(await makeCertificates());
    const work = await Deno.makeTempDir({ prefix: "https-uploader-" });
    try {
      const file = await makeFile(work, "bundle.tar.gz", 10);
      const error = await failure(https.upload(file, parseDestination(`${server.secureOrigin}/open/`), context({})));
      strictEqual(error.code, "UPLOAD_TLS");
      strictEqual(error.transient, false);
      ok(error.hint?.includes("caFile"));
      deepStrictEqual(await filesBelow(server.data), []);
    } finally {
      await server.stop();
      await Deno.remove(work, { recursive: true });
    }
  },
});

type Row = [
  name: string,
  path: string,
  options: Record<string, string>,
  expect: { url?: string; fails?: Partial<UploadError> },
];
const rows: Row[] = [
  ["follows a redirection that stays with the server", "moved/", {}, { url: "/open/bundle.tar.gz" }],
  [
    "follows no redirection to another server, and does not repeat where it leads",
    "away/",
    {},
    { fails: { code: "UPLOAD_FAILED", transient: false } },
  ],
  ["does without the right to read", "writeonly/", {}, { url: "/writeonly/bundle.tar.gz" }],
  ["fails without it when it is to verify", "writeonly/", { verify: "head" }, { fails: { code: "UPLOAD_DENIED" } }],
  ["reads back what it has sent", "open/", { verify: "get" }, { url: "/open/bundle.tar.gz" }],
  ["makes the folders that are missing", "strict/a/b c/", { createFolders: "true" }, {
    url: "/strict/a/b%20c/bundle.tar.gz",
  }],
  ["says that the server wants credentials", "private/", {}, {
    fails: { code: "UPLOAD_CREDENTIALS", transient: false },
  }],
  ["says that the file is too large there", "small/", {}, { fails: { code: "UPLOAD_FAILED", transient: false } }],
];
for (const [name, path, options, expect] of rows) {
  withServer(`https: ${name}`, async (server, work) => {
    const file = await makeFile(work, "bundle.tar.gz", 3_000_000);
    const upload = http.upload(file, parseDestination(`${server.origin}/${path}`, options), context({}));
    if (expect.fails !== undefined) {
      const error = await failure(upload);
      for (const [key, value] of Object.entries(expect.fails)) {
        strictEqual(error[key as keyof UploadError], value, error.message);
      }
      ok(!Deno.inspect(error).includes("stolen"), "the error repeats a secret");
      deepStrictEqual(await filesBelow(server.data), options.verify === undefined ? [] : ["bundle.tar.gz"]);
    } else {
      strictEqual((await upload).url, server.origin + expect.url);
      const [only] = await filesBelow(server.data);
      strictEqual(sha256(await Deno.readFile(join(server.data, only!))), file.sha256);
    }
  });
}

const FIVE_O_THREE = "HTTP/1.1 503 Slow Down\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

withServer("https: waits as long as a busy server asks, and then delivers", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 1000);
  const slept: number[] = [];
  await behind(server, (n) => n <= 2 ? { do: "answer", text: FIVE_O_THREE } : { do: "pass" }, async (to) => {
    await http.upload(file, to, context({}, { clock: recording(slept) }));
  });
  deepStrictEqual(slept, [7000, 7000]);
  deepStrictEqual(await filesBelow(server.data), ["bundle.tar.gz"]);
});

withServer("https: gives up after four tries, and calls it transient", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 1000);
  const slept: number[] = [];
  await behind(server, () => ({ do: "answer", text: FIVE_O_THREE }), async (to) => {
    const error = await failure(http.upload(file, to, context({}, { clock: recording(slept) })));
    strictEqual(error.transient, true);
  });
  strictEqual(slept.length, 3);
});

withServer(
  "https: begins anew when the connection breaks, and the server keeps nothing of the first try",
  async (server, work) => {
    const file = await makeFile(work, "bundle.tar.gz", LARGE);
    const progress: number[] = [];
    await behind(server, (n) => n === 1 ? { do: "cut", afterBytes: 5_000_000 } : { do: "pass" }, async (to) => {
      await http.upload(file, to, context({}, { progress: (sent) => progress.push(sent) }));
    });
    deepStrictEqual(progress, progress.toSorted((a, b) => a - b));
    deepStrictEqual(await filesBelow(server.data), ["bundle.tar.gz"]);
    strictEqual(sha256(await Deno.readFile(join(server.data, "bundle.tar.gz"))), file.sha256);
  },
);

withServer("https: sends no faster than it may", async (server, work) => {
  const file = await makeFile(work, "bundle.tar.gz", 1_000_000);
  const asked: number[] = [];
  const pace = (bytes: number) => Promise.resolve(void asked.push(bytes));
  await http.upload(file, parseDestination(`${server.origin}/open/`), context({}, { pace }));
  strictEqual(asked.reduce((a, b) => a + b), file.bytes);
  ok(asked.every((bytes) => bytes <= 1024 * 1024));
});

function withServer(name: string, fn: (server: NginxServer, work: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      const server = await startNginx();
      const work = await Deno.makeTempDir({ prefix: "https-uploader-" });
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
  server: NginxServer,
  fault: (connection: number) => Fault,
  fn: (to: Destination) => Promise<void>,
): Promise<void> {
  const proxy = startFaultyProxy(Number(new URL(server.origin).port), fault);
  try {
    await fn(parseDestination(`http://127.0.0.1:${proxy.port}/open/`));
  } finally {
    await proxy.stop();
  }
}

function recording(slept: number[]) {
  return { now: () => new Date(0), sleep: (ms: number) => (slept.push(ms), Promise.resolve()) };
}

async function failure(promise: Promise<unknown>): Promise<UploadError> {
  let caught: unknown;
  await rejects(promise, (error) => (caught = error, error instanceof UploadError));
  return caught as UploadError;
}
