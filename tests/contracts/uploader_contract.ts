import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { resolveCredential } from "../../src/core/credential_reference.ts";
import { EXIT } from "../../src/core/exit_codes.ts";
import { UploadError } from "../../src/upload/upload_error.ts";
import type { Destination, LocalFile, UploadContext, Uploader } from "../../src/upload/uploader.ts";
import { type End, type Fault, type FaultyProxy, startFaultyProxy } from "../fixtures/faulty_proxy.ts";

/** A place that an uploader delivers to, made for one test. */
export interface UploadPlace {
  /** A destination that ends in `/`, in a folder that does not exist yet. */
  folder: Destination;
  /** A destination that names the file: `exact.tar.gz`. */
  exact: Destination;
  env: Record<string, string>;
  /** What lies at the URL of a delivery. */
  read(url: string): Promise<Uint8Array>;
  /** Names of everything that is there, unfinished parts included. */
  list(): Promise<string[]>;
  close(): Promise<void>;
}

/** A place at the other end of a network, behind credentials. */
export interface RemotePlace extends UploadPlace {
  /** The same destination with credentials that are not valid, and the secret in them. */
  wrongCredentials: { destination: Destination; env: Record<string, string>; secret: string };
  /** The same destination where nobody listens. */
  refused: Destination;
  /** Port of the server on 127.0.0.1. */
  port: number;
  /** The destination {@linkcode folder}, reached through another port: that of a proxy. */
  through(port: number): Destination;
}

const MIB = 1024 * 1024;
const SMALL = 300_000;
/** More than one part, and no whole number of them. */
const LARGE = 20 * MIB + 17;
/** What a protocol adds to the bytes of a file of this size. */
const OVERHEAD = 128 * 1024;

/** What every uploader has to hold, against the real thing.
 * @param ignore when the real thing is not here */
export function uploaderContract(uploader: Uploader, ignore: boolean, open: () => Promise<UploadPlace>): void {
  const test = (behaviour: string, fn: (place: UploadPlace, work: string) => Promise<void>) =>
    contractTest(`${uploader.scheme}: ${behaviour}`, ignore, open, fn);

  for (const [what, bytes] of [["an empty file", 0], ["a small file", SMALL], ["a large file", LARGE]] as const) {
    test(`delivers ${what} byte for byte into a folder`, async (place, work) => {
      const file = await makeFile(work, "bundle.tar.gz", bytes);
      const progress: number[] = [];
      const delivery = await uploader.upload(
        file,
        place.folder,
        context(place.env, { progress: (n) => progress.push(n) }),
      );
      strictEqual(delivery.sha256, file.sha256);
      strictEqual(delivery.bytes, bytes);
      ok(delivery.url.endsWith("/bundle.tar.gz"), delivery.url);
      strictEqual(sha256(await place.read(delivery.url)), file.sha256);
      deepStrictEqual((await place.list()).map((path) => path.split("/").at(-1)), ["bundle.tar.gz"]);
      deepStrictEqual(progress, progress.toSorted((a, b) => a - b));
      if (bytes > 0) strictEqual(progress.at(-1), bytes);
    });
  }

  test("delivers under the exact name of the URL", async (place, work) => {
    const delivery = await uploader.upload(
      await makeFile(work, "other.tar.gz", SMALL),
      place.exact,
      context(place.env),
    );
    ok(delivery.url.endsWith("/exact.tar.gz"), delivery.url);
    strictEqual((await place.read(delivery.url)).length, SMALL);
  });

  test("replaces what an earlier delivery left under the name", async (place, work) => {
    await uploader.upload(await makeFile(work, "a.tar.gz", SMALL), place.exact, context(place.env));
    const file = await makeFile(work, "b.tar.gz", SMALL / 2);
    const delivery = await uploader.upload(file, place.exact, context(place.env));
    strictEqual(sha256(await place.read(delivery.url)), file.sha256);
  });

  test("refuses a file that changed after it was finished, and leaves nothing", async (place, work) => {
    for (const bytes of [SMALL, LARGE]) {
      const file = { ...await makeFile(work, "bundle.tar.gz", bytes), sha256: sha256(new Uint8Array()) };
      await rejects(
        uploader.upload(file, place.folder, context(place.env)),
        (error) => error instanceof UploadError && error.code === "UPLOAD_CORRUPT" && !error.transient,
      );
    }
    deepStrictEqual(await place.list(), []);
  });

  test("leaves nothing when it is aborted in the middle", async (place, work) => {
    const file = await makeFile(work, "bundle.tar.gz", LARGE);
    const abort = new AbortController();
    const reason = new Error("the run was stopped");
    await rejects(
      uploader.upload(
        file,
        place.folder,
        context(place.env, { signal: abort.signal, progress: () => abort.abort(reason) }),
      ),
      reason,
    );
    deepStrictEqual(await place.list(), []);
  });

  test("does nothing when it is aborted before it begins", async (place, work) => {
    const file = await makeFile(work, "bundle.tar.gz", SMALL);
    const signal = AbortSignal.abort(new Error("too late"));
    await rejects(uploader.upload(file, place.folder, context(place.env, { signal })), { message: "too late" });
    deepStrictEqual(await place.list(), []);
  });
}

/** What every uploader has to hold that sends over a network, beside {@linkcode uploaderContract}; those that can go on with an
 * upload that ended early hold `resumeContract` as well.
 * @param openFull the same kind of place, where the server's disk holds less than 8 MB; undefined where none can be made */
export function remoteUploaderContract(
  uploader: Uploader,
  ignore: boolean,
  open: () => Promise<RemotePlace>,
  openFull?: () => Promise<RemotePlace>,
): void {
  const test = (behaviour: string, fn: (place: RemotePlace, work: string) => Promise<void>) =>
    contractTest(`${uploader.scheme}: ${behaviour}`, ignore, open, fn);

  test("fails for good with wrong credentials, and keeps the secret to itself", async (place, work) => {
    const { destination, env, secret } = place.wrongCredentials;
    const file = await makeFile(work, "bundle.tar.gz", SMALL);
    await rejects(uploader.upload(file, destination, context(env)), (error) => {
      ok(error instanceof UploadError);
      strictEqual(error.transient, false);
      strictEqual(error.exitCode, EXIT.upload);
      ok(!Deno.inspect(error, { depth: 10 }).includes(secret), "the error holds the secret");
      return true;
    });
    deepStrictEqual(await place.list(), []);
  });

  test("calls a refused connection transient, and says where", async (place, work) => {
    const file = await makeFile(work, "bundle.tar.gz", SMALL);
    await rejects(uploader.upload(file, place.refused, context(place.env)), (error) => {
      ok(error instanceof UploadError);
      strictEqual(error.transient, true);
      strictEqual(error.code, "UPLOAD_UNREACHABLE");
      ok(error.hint?.includes(file.path), "the hint does not say where the bundle is");
      return true;
    });
  });

  const breaking: End = { do: "break", afterBytes: LARGE / 2, of: "client" };
  const LINES: [what: string, fault: Fault, end?: End][] = [
    ["over a slow line", { do: "slow", pauseMs: 2 }],
    ["although all connections break in the middle", { do: "pass" }, breaking],
  ];
  for (const [what, fault, end] of LINES) {
    test(`delivers ${what}`, async (place, work) => {
      const file = await makeFile(work, "bundle.tar.gz", LARGE);
      const url = await behind(place, async (proxy) => {
        const delivery = await uploader.upload(file, place.through(proxy.port), context(place.env)).catch((error) => {
          // A kind that cannot go on within one upload leaves that to its caller, who tries again.
          if (!(error instanceof UploadError) || !error.transient) throw error;
          return uploader.upload(file, place.through(proxy.port), context(place.env));
        });
        if (end !== undefined) await proxy.ended;
        return delivery.url;
      }, { fault, end });
      strictEqual(sha256(await place.read(url)), file.sha256);
      deepStrictEqual((await place.list()).map((path) => path.split("/").at(-1)), ["bundle.tar.gz"]);
    });
  }

  test("sends no byte that it has not asked for", async (place, work) => {
    const file = await makeFile(work, "bundle.tar.gz", LARGE);
    const allowed = 5 * MIB;
    const asked: number[] = [];
    const total = () => asked.reduce((sum, bytes) => sum + bytes, 0);
    await behind(place, async (proxy) => {
      const held = Promise.withResolvers<void>();
      const release = Promise.withResolvers<void>();
      const uploading = uploader.upload(
        file,
        place.through(proxy.port),
        context(place.env, {
          pace(bytes) {
            asked.push(bytes);
            if (total() <= allowed) return Promise.resolve();
            held.resolve();
            return release.promise;
          },
        }),
      );
      await Promise.race([held.promise, uploading]);
      await new Promise((resolve) => setTimeout(resolve, 100)); // for what is on its way
      ok(proxy.sentBytes < allowed + OVERHEAD, `${proxy.sentBytes} bytes`);
      release.resolve();
      await uploading;
    });
    ok(Math.max(...asked) <= MIB, `asked for ${Math.max(...asked)} at once`);
    strictEqual(total(), LARGE);
  });

  test("ends when it is aborted while it waits to be allowed more", async (place, work) => {
    const file = await makeFile(work, "bundle.tar.gz", LARGE);
    const abort = new AbortController();
    const reason = new Error("the run was stopped");
    const pace = (_: number, signal: AbortSignal) =>
      new Promise<void>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        abort.abort(reason);
      });
    await rejects(uploader.upload(file, place.folder, context(place.env, { signal: abort.signal, pace })), reason);
    deepStrictEqual(await place.list(), []);
  });

  if (openFull !== undefined) {
    contractTest(
      `${uploader.scheme}: says so when the server has no room, and leaves no half file`,
      ignore,
      openFull,
      async (place, work) => {
        const file = await makeFile(work, "bundle.tar.gz", LARGE);
        await rejects(uploader.upload(file, place.folder, context(place.env)), (error) => {
          ok(error instanceof UploadError);
          ok(error.hint?.includes(file.path), "the hint does not say where the bundle is");
          return true;
        });
        deepStrictEqual(await place.list(), []);
      },
    );
  }
}

/** Runs `fn` with a proxy between the uploader and the server of the place. */
export async function behind<T>(
  place: Pick<RemotePlace, "port">,
  fn: (proxy: FaultyProxy) => Promise<T>,
  { fault = { do: "pass" }, end, port }: { fault?: Fault; end?: End; port?: number } = {},
): Promise<T> {
  const proxy = startFaultyProxy(place.port, () => fault, end, port);
  try {
    return await fn(proxy);
  } finally {
    await proxy.stop();
  }
}

/** One test of a contract, with a place and a folder of its own. */
export function contractTest<Place extends UploadPlace>(
  name: string,
  ignore: boolean,
  open: () => Promise<Place>,
  fn: (place: Place, work: string) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      const work = await Deno.makeTempDir({ prefix: "upload-" });
      try {
        const place = await open();
        try {
          await fn(place, work);
        } finally {
          await place.close();
        }
      } finally {
        await Deno.remove(work, { recursive: true });
      }
    },
  });
}

/** A context whose clock does not wait. */
export function context(env: Record<string, string>, options: Partial<UploadContext> = {}): UploadContext {
  return {
    signal: new AbortController().signal,
    env,
    secret: (reference) => resolveCredential(reference, env),
    progress: () => {},
    clock: { now: () => new Date(0), sleep: () => Promise.resolve() },
    ...options,
  };
}

/** A file of random bytes. */
export async function makeFile(folder: string, name: string, bytes: number): Promise<LocalFile> {
  const content = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(content.subarray(at, at + 65_536));
  const path = join(folder, name);
  await Deno.writeFile(path, content);
  return { path, name, bytes, sha256: sha256(content) };
}

export function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Paths of all files below a folder, relative to it; none when it does not exist. */
export async function filesBelow(folder: string, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const entry of Deno.readDir(join(folder, prefix))) {
      const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory) found.push(...await filesBelow(folder, path));
      else found.push(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}
