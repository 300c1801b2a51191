import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import type { ResumeState, UploadContext, Uploader } from "../../src/upload/uploader.ts";
import { until } from "../daemon/until.ts";
import type { End } from "../fixtures/faulty_proxy.ts";
import { FileResumeState } from "../fixtures/file_resume_state.ts";
import { startUploadProcess } from "../fixtures/upload_child.ts";
import { behind, context, contractTest, makeFile, type RemotePlace, sha256 } from "./uploader_contract.ts";

const MIB = 1024 * 1024;
/** More parts than any uploader sends at a time. */
const BYTES = 64 * MIB + 17;
/** So much is on its way when the line ends. */
const CUT_AT = 44 * MIB;
/** So much of it has to be kept at least. */
const KEPT = 8 * MIB;
/** What may be sent again, beside what was under way: one part, and what the protocol adds. */
const AGAIN = 9 * MIB;

/** What an uploader has to hold that can go on with an upload that ended early: what it says to have arrived (`progress`) is
 * never sent again, also when its process was killed. */
export function resumeContract(uploader: Uploader, ignore: boolean, open: () => Promise<RemotePlace>): void {
  const test = (behaviour: string, fn: (place: RemotePlace, work: string) => Promise<void>) =>
    contractTest(`${uploader.scheme}: ${behaviour}`, ignore, open, fn);

  test("is killed in the middle, and the next process sends only the rest", async (place, work) => {
    const file = await makeFile(work, "bundle.tar.gz", BYTES);
    const state = join(work, "upload.json");
    const start = (port: number) => {
      const { url, ...destination } = place.through(port);
      const task = { file, destination: { ...destination, url: url.href }, env: place.env, state };
      return startUploadProcess(task, join(work, "task.json"));
    };
    const end: End = { do: "freeze", afterBytes: CUT_AT, of: "client" };
    const first = await behind(place, async (proxy) => {
      const process = await start(proxy.port);
      await Promise.race([proxy.ended, process.delivered()]);
      await until("enough that has arrived", () => process.arrivedBytes >= KEPT);
      await process.kill();
      return { port: proxy.port, arrivedBytes: process.arrivedBytes };
    }, { end });
    await behind(place, async (proxy) => {
      const url = await (await start(proxy.port)).delivered();
      await arrivedAlone(place, url, file.sha256);
      onlyTheRest(proxy.sentBytes, first.arrivedBytes);
    }, { port: first.port });
    strictEqual(await new FileResumeState(state).load(), undefined);
  });

  test("is aborted in the middle, and the next upload sends only the rest", async (place, work) => {
    const file = await makeFile(work, "bundle.tar.gz", BYTES);
    const resume = new MemoryResumeState();
    await behind(place, async (proxy) => {
      const arrivedBytes = await abortAfter(KEPT, uploader, place, file, resume, proxy.port);
      const before = proxy.sentBytes;
      const { url } = await uploader.upload(file, place.through(proxy.port), context(place.env, { resume }));
      await arrivedAlone(place, url, file.sha256);
      onlyTheRest(proxy.sentBytes - before, arrivedBytes);
    });
    strictEqual(resume.state, undefined);
  });

  test("begins anew when the file has become another", async (place, work) => {
    const resume = new MemoryResumeState();
    const earlier = await makeFile(work, "bundle.tar.gz", BYTES);
    await behind(place, async (proxy) => {
      await abortAfter(KEPT, uploader, place, earlier, resume, proxy.port);
      const file = await makeFile(work, "bundle.tar.gz", BYTES);
      const { url } = await uploader.upload(file, place.through(proxy.port), context(place.env, { resume }));
      await arrivedAlone(place, url, file.sha256);
    });
  });

  test("refuses a file that was changed in place since", async (place, work) => {
    const resume = new MemoryResumeState();
    const file = await makeFile(work, "bundle.tar.gz", BYTES);
    await behind(place, async (proxy) => {
      await abortAfter(KEPT, uploader, place, file, resume, proxy.port);
      using written = await Deno.open(file.path, { write: true });
      await written.write(new Uint8Array(100));
      await rejects(uploader.upload(file, place.through(proxy.port), context(place.env, { resume })), {
        code: "UPLOAD_CORRUPT",
        transient: false,
      });
    });
    deepStrictEqual(await place.list(), []);
  });

  test("frees what an upload has left when it is abandoned", async (place, work) => {
    const resume = new MemoryResumeState();
    const file = await makeFile(work, "bundle.tar.gz", BYTES);
    await behind(place, async (proxy) => {
      await abortAfter(KEPT, uploader, place, file, resume, proxy.port);
      await uploader.abandon?.(file, place.through(proxy.port), { ...context(place.env), resume });
    });
    deepStrictEqual(await place.list(), []);
    strictEqual(resume.state, undefined);
  });

  test("delivers whatever the state of an earlier upload is", async (place, work) => {
    const file = await makeFile(work, "bundle.tar.gz", 9 * MIB);
    for (const state of ["nonsense", 7, [], { version: 9999 }, { version: 1, uploadId: "none", parts: [null] }]) {
      const resume = new MemoryResumeState();
      resume.state = state;
      const { url } = await uploader.upload(file, place.folder, context(place.env, { resume }));
      await arrivedAlone(place, url, file.sha256);
      strictEqual(resume.state, undefined, JSON.stringify(state));
    }
  });
}

class MemoryResumeState implements ResumeState {
  state: unknown;
  load = () => Promise.resolve(structuredClone(this.state));
  save = (state: unknown) => Promise.resolve(void (this.state = JSON.parse(JSON.stringify(state))));
  clear = () => Promise.resolve(void (this.state = undefined));
}

/** @returns the bytes that the uploader has said to have arrived */
async function abortAfter(
  bytes: number,
  uploader: Uploader,
  place: RemotePlace,
  file: Parameters<Uploader["upload"]>[0],
  resume: ResumeState,
  port: number,
): Promise<number> {
  const abort = new AbortController();
  const reason = new Error("the run was stopped");
  let arrivedBytes = 0;
  const options: Partial<UploadContext> = {
    signal: abort.signal,
    resume,
    progress: (arrived) => {
      arrivedBytes = arrived;
      if (arrived >= bytes) abort.abort(reason);
    },
  };
  await rejects(uploader.upload(file, place.through(port), context(place.env, options)), reason);
  return arrivedBytes;
}

async function arrivedAlone(place: RemotePlace, url: string, expected: string): Promise<void> {
  strictEqual(sha256(await place.read(url)), expected);
  deepStrictEqual((await place.list()).map((path) => path.split("/").at(-1)), ["bundle.tar.gz"]);
}

function onlyTheRest(sentBytes: number, arrivedBytes: number): void {
  ok(sentBytes < BYTES - arrivedBytes + AGAIN, `${sentBytes} bytes were sent, and ${arrivedBytes} had arrived before`);
}
