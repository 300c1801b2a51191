import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { join } from "node:path";
import { Readable } from "node:stream";
import busboy from "busboy";
import { authHeader } from "../../src/upload/kinds/https_credentials.ts";
import { http } from "../../src/upload/kinds/https.ts";
import { parseDestination } from "../../src/upload/registry.ts";
import { UploadError } from "../../src/upload/upload_error.ts";
import { context, makeFile, sha256, uploaderContract } from "../contracts/uploader_contract.ts";
import { startFaultyProxy } from "../fixtures/faulty_proxy.ts";
import { startS3Server, TEST_SERVICES } from "../fixtures/s3_server.ts";
import { freePort } from "../fixtures/server_process.ts";

const SECRET = crypto.randomUUID();

const auths: [secret: string, auth: string | undefined, expect: [string, string] | undefined][] = [
  ["abc.def", undefined, ["Authorization", "Bearer abc.def"]],
  ["Bearer abc.def", undefined, ["Authorization", "Bearer abc.def"]],
  ["Bearer abc.def", "bearer", ["Authorization", "Bearer abc.def"]],
  ["Token abc", undefined, ["Authorization", "Token abc"]],
  ["user:pass:word", undefined, ["Authorization", `Basic ${btoa("user:pass:word")}`]],
  ["user: blank first", "basic", ["Authorization", `Basic ${btoa("user: blank first")}`]],
  ["X-Api-Key: abc", undefined, ["X-Api-Key", "abc"]],
  ["X-Api-Key: abc", "header", ["X-Api-Key", "abc"]],
  ["abc", "basic", undefined],
  ["abc", "header", undefined],
  ["a b", "bearer", undefined],
];
for (const [secret, auth, expect] of auths) {
  Deno.test(`authHeader() sends "${secret}" ${auth === undefined ? "as what it looks like" : `with auth=${auth}`}`, () => {
    deepStrictEqual(authHeader(secret, auth), expect);
  });
}

// A receiver of forms, of which one parser is busboy's and the other one Deno's.
for (const parser of ["busboy", "formData"] as const) {
  uploaderContract({ ...http, scheme: `http POST (${parser})` }, false, async () => {
    const { stop, origin, files } = await startForms(parser);
    const options = { method: "POST", "field.project": "demo", fileField: "bundle" };
    return {
      folder: parseDestination(`${origin}/folder/`, options),
      exact: parseDestination(`${origin}/exact.tar.gz`, options),
      env: {},
      read: (url) => Promise.resolve(files.get(new URL(url).pathname)!),
      list: () => Promise.resolve([...files.keys()]),
      close: stop,
    };
  });
}

serverTest("https: sends a form with its fields before the file, escaped, and with its exact length", async (it) => {
  let form: FormData | undefined;
  it.answer = async (request) => {
    form = await request.formData();
    return new Response(null, { status: 201 });
  };
  const file = await makeFile(it.work, 'a "b".tar.gz', 1000);
  const options = { method: "POST", 'field.a"b': "1\r\n2", "field.project": "ü" };
  const delivery = await http.upload(file, parseDestination(`${it.origin}/form`, options), context({}));
  strictEqual(delivery.url, `${it.origin}/form`);
  // Quotes arrive as browsers send them.
  deepStrictEqual([...form!.keys()], ["a%22b", "project", "file"]);
  deepStrictEqual([form!.get("a%22b"), form!.get("project")], ["1\r\n2", "ü"]);
  const sent = form!.get("file") as File;
  deepStrictEqual([sent.name, sent.type], ["a %22b%22.tar.gz", "application/gzip"]);
  strictEqual(sha256(await sent.bytes()), file.sha256);
  ok(Number(it.requests[0]!.headers.get("content-length")) > 1000);
});

serverTest("https: sends length, type, digest, and what options add", async (it) => {
  const file = { ...await makeFile(it.work, "bundle.tar.gz.age", 1000), metadata: { job: "nightly", "label a": "ü" } };
  const options = { "header.x-ms-blob-type": "BlockBlob", metadataPrefix: "X-Meta-", verify: "none" };
  await http.upload(file, parseDestination(`${it.origin}/x/`, options, "env:TOKEN"), context({ TOKEN: SECRET }));
  const { headers, method, url } = it.requests[0]!;
  deepStrictEqual([method, new URL(url).pathname], ["PUT", "/x/bundle.tar.gz.age"]);
  const digest = `sha-256=:${Uint8Array.fromHex(file.sha256).toBase64()}:`;
  const expected = {
    "authorization": `Bearer ${SECRET}`,
    "content-digest": digest,
    "content-length": "1000",
    "content-type": "application/octet-stream",
    "repr-digest": digest,
    "x-meta-job": "nightly",
    "x-meta-label-a": "%C3%BC",
    "x-ms-blob-type": "BlockBlob",
  };
  for (const [name, value] of Object.entries(expected)) strictEqual(headers.get(name), value, name);
  strictEqual(headers.has("transfer-encoding"), false);
});

const MISMATCHES: [what: string, answer: (request: Request) => Response][] = [
  ["another size", ({ method }) => new Response(null, { headers: method === "HEAD" ? { "content-length": "7" } : {} })],
  ["another digest", () => new Response(null, { headers: { "repr-digest": `sha-256=:${btoa("x".repeat(32))}:` } })],
];
for (const [what, answer] of MISMATCHES) {
  serverTest(`https: does not believe a server that has ${what}`, async (it) => {
    it.answer = answer;
    const file = await makeFile(it.work, "bundle.tar.gz", 1000);
    const error = await failure(http.upload(file, parseDestination(`${it.origin}/x/`), context({})));
    deepStrictEqual([error.code, error.transient], ["UPLOAD_CORRUPT", true]);
  });
}

const ANSWERS: [status: number, code: string, transient: boolean][] = [
  [400, "UPLOAD_FAILED", false],
  [401, "UPLOAD_CREDENTIALS", false],
  [403, "UPLOAD_DENIED", false],
  [411, "UPLOAD_FAILED", false],
  [413, "UPLOAD_FAILED", false],
  [429, "UPLOAD_FAILED", true],
  [502, "UPLOAD_FAILED", true],
  [507, "DISK_FULL", false],
];
for (const [status, code, transient] of ANSWERS) {
  serverTest(
    `https: calls ${status} ${transient ? "transient" : "final"}, and repeats nothing of the answer`,
    async (it) => {
      it.answer = ({ headers }) => new Response(`<Echo>${headers.get("authorization")}</Echo>`, { status });
      const file = await makeFile(it.work, "bundle.tar.gz", 1000);
      const destination = parseDestination(`${it.origin}/x/`, {}, "env:TOKEN");
      const error = await failure(http.upload(file, destination, context({ TOKEN: SECRET })));
      deepStrictEqual([error.code, error.transient], [code, transient]);
      ok(error.hint?.includes(file.path));
      keepsSecret(error);
      strictEqual(it.requests.length, transient ? 4 : 1);
    },
  );
}

serverTest("https: does not send a large body that the server has refused", async (it) => {
  const body = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  const proxy = startFaultyProxy(1, () => ({ do: "answer", text: body }));
  try {
    const file = await makeFile(it.work, "bundle.tar.gz", 5_000_000);
    const progress: number[] = [];
    const options = { progress: (sent: number) => void progress.push(sent) };
    const to = parseDestination(`http://127.0.0.1:${proxy.port}/x/`);
    strictEqual((await failure(http.upload(file, to, context({}, options)))).code, "UPLOAD_CREDENTIALS");
    ok(progress.length <= 1, `${progress.length} pieces were sent`);
  } finally {
    await proxy.stop();
  }
});

serverTest("https: does not believe a server that is content before it has everything", async (it) => {
  const early = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  const proxy = startFaultyProxy(1, () => ({ do: "answer", text: early }));
  try {
    const file = await makeFile(it.work, "bundle.tar.gz", 5_000_000);
    const to = parseDestination(`http://127.0.0.1:${proxy.port}/x/`, { verify: "none" });
    const error = await failure(http.upload(file, to, context({})));
    ok(error.transient && error.message.includes("before it had everything"), error.message);
  } finally {
    await proxy.stop();
  }
});

const presigned = (it: Server, path = "") => parseDestination(`${it.origin}/${path}`, { presigned: "true" }, "env:URL");

serverTest(
  "https: takes a presigned URL from its reference, and shows nothing of it that the destination does not",
  async (it) => {
    const file = await makeFile(it.work, "bundle.tar.gz", 1000);
    const env = { URL: `${it.origin}/bucket/x.tar.gz?signature=${SECRET}` };
    strictEqual((await http.upload(file, presigned(it), context(env))).url, `${it.origin}/`);
    strictEqual(
      (await http.upload(file, presigned(it, "bucket/x.tar.gz"), context(env))).url,
      `${it.origin}/bucket/x.tar.gz`,
    );
    deepStrictEqual(it.requests.map(({ method, url }) => [method, url]), [["PUT", env.URL], ["PUT", env.URL]]);
  },
);

serverTest("https: sends a presigned form with its fields", async (it) => {
  let fields: Record<string, unknown> = {};
  it.answer = async (request) => {
    const form = await request.formData();
    fields = Object.fromEntries([...form].map(([name, value]) => [name, value instanceof File ? value.size : value]));
    return new Response(null, { status: 204 });
  };
  const file = await makeFile(it.work, "bundle.tar.gz", 1000);
  const env = { URL: JSON.stringify({ url: `${it.origin}/bucket`, fields: { key: "x", policy: SECRET } }) };
  await http.upload(file, presigned(it), context(env));
  deepStrictEqual(fields, { key: "x", policy: SECRET, file: 1000 });
});

const WRONG: [what: string, value: (origin: string) => string][] = [
  ["another server", () => `http://127.0.0.1:${freePort()}/x?signature=${SECRET}`],
  ["another path", (origin) => `${origin}/other/x?signature=${SECRET}`],
  ["no URL", () => SECRET],
  ["JSON without a URL", () => JSON.stringify({ fields: { policy: SECRET } })],
];
for (const [what, value] of WRONG) {
  serverTest(`https: refuses a presigned URL that is ${what}`, async (it) => {
    const file = await makeFile(it.work, "bundle.tar.gz", 1000);
    const error = await failure(http.upload(file, presigned(it, "bucket/"), context({ URL: value(it.origin) })));
    strictEqual(error.code, "UPLOAD_CREDENTIALS");
    keepsSecret(error);
    strictEqual(it.requests.length, 0);
  });
}

Deno.test({
  name: "https: delivers with a presigned URL of S3, and says when it has expired",
  ignore: TEST_SERVICES === undefined,
  async fn() {
    const server = await startS3Server(TEST_SERVICES!);
    const work = await Deno.makeTempDir({ prefix: "https-uploader-" });
    try {
      const file = await makeFile(work, "bundle.tar.gz", 3_000_000);
      const destination = parseDestination(`${server.endpoint}/`, { presigned: "true" }, "env:URL");
      const path = `/${server.bucket}/folder/x.tar.gz`;
      await http.upload(file, destination, context({ URL: presign(server, path, new Date(), 60) }));
      strictEqual(sha256(await Deno.readFile(join(server.folder, path))), file.sha256);
      const late = presign(server, path, new Date(Date.now() - 3_600_000), 60);
      const error = await failure(http.upload(file, destination, context({ URL: late })));
      strictEqual(error.transient, false);
      ok(error.hint?.includes("expired"), `${error.message} ${error.hint}`);
      ok(!Deno.inspect(error).includes("X-Amz-Signature"));
    } finally {
      await server.stop();
      await Deno.remove(work, { recursive: true });
    }
  },
});

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
function presign(
  { endpoint, accessKeyId, secretAccessKey }: { endpoint: string; accessKeyId: string; secretAccessKey: string },
  path: string,
  at: Date,
  expiresSeconds: number,
): string {
  const time = at.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const query = new URLSearchParams({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${accessKeyId}/${scope}`,
    "X-Amz-Date": time,
    "X-Amz-Expires": String(expiresSeconds),
    "X-Amz-SignedHeaders": "host",
  }).toString();
  const request = ["PUT", path, query, `host:${new URL(endpoint).host}`, "", "host", "UNSIGNED-PAYLOAD"].join("\n");
  const hmac = (key: string | Uint8Array, text: string) => createHmac("sha256", key).update(text).digest();
  const key = [...scope.split("/")].reduce<Uint8Array | string>(hmac, `AWS4${secretAccessKey}`);
  const toSign = ["AWS4-HMAC-SHA256", time, scope, createHash("sha256").update(request).digest("hex")].join("\n");
  return `${endpoint}${path}?${query}&X-Amz-Signature=${hmac(key, toSign).toHex()}`;
}

interface Server {
  origin: string;
  requests: { method: string; url: string; headers: Headers }[];
  work: string;
  answer(request: Request): Response | Promise<Response>;
}

function serverTest(name: string, fn: (server: Server) => Promise<void>): void {
  Deno.test(name, async () => {
    const work = await Deno.makeTempDir({ prefix: "https-uploader-" });
    const it: Server = { origin: "", requests: [], work, answer: () => new Response() };
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const { method, url, headers } = request;
      it.requests.push({ method, url, headers });
      const answer = await it.answer(request);
      if (!request.bodyUsed) await request.body?.pipeTo(new WritableStream());
      return answer;
    });
    it.origin = `http://127.0.0.1:${server.addr.port}`;
    try {
      await fn(it);
    } finally {
      await server.shutdown();
      await Deno.remove(work, { recursive: true });
    }
  });
}

/** Keeps the files of forms in memory, and tells in `Location` where. */
// deno-lint-ignore require-await -- as the contract opens its places
async function startForms(parser: "busboy" | "formData") {
  const files = new Map<string, Uint8Array>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const place = (name: string) => pathname.endsWith("/") ? pathname + name : pathname;
    if (request.method === "HEAD") {
      return new Response(null, { headers: { "content-length": String(files.get(pathname)?.length) } });
    }
    try {
      const { name, content, project } = parser === "formData"
        ? await withFormData(request)
        : await withBusboy(request);
      if (project !== "demo") return new Response(null, { status: 400 });
      files.set(place(name), content);
      return new Response(null, { status: 201, headers: { location: place(name) } });
    } catch {
      return new Response(null, { status: 400 });
    }
  });
  return { files, origin: `http://127.0.0.1:${server.addr.port}`, stop: () => server.shutdown() };
}

async function withFormData(request: Request) {
  const form = await request.formData();
  const file = form.get("bundle") as File;
  return { name: file.name, content: await file.bytes(), project: form.get("project") };
}

async function withBusboy(request: Request) {
  const form = busboy({ headers: Object.fromEntries(request.headers) });
  const found = { name: "", content: new Uint8Array(), project: "" };
  const done = Promise.withResolvers<void>();
  // deno-lint-ignore no-explicit-any -- it has no types of its own
  form.on("file", async (_: string, stream: any, info: { filename: string }) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    Object.assign(found, { name: info.filename, content: await new Blob(chunks as BlobPart[]).bytes() });
  });
  form.on("field", (name: string, value: string) => name === "project" && (found.project = value));
  form.on("close", () => setTimeout(done.resolve));
  form.on("error", done.reject);
  // deno-lint-ignore no-explicit-any -- two declarations of one stream
  Readable.fromWeb(request.body as any).on("error", done.reject).pipe(form);
  await done.promise;
  return found;
}

function keepsSecret(error: unknown): void {
  ok(!Deno.inspect(error, { depth: 10 }).includes(SECRET), "the error holds the secret");
}

async function failure(promise: Promise<unknown>): Promise<UploadError> {
  let caught: unknown;
  await rejects(promise, (error) => (caught = error, error instanceof UploadError));
  return caught as UploadError;
}
