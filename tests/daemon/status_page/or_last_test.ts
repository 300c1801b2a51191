import { rejects, strictEqual } from "node:assert/strict";
import { orLast } from "../../../src/daemon/status_page/or_last.ts";

Deno.test("orLast() waits the first time, then gives what it has when reading takes long", async () => {
  const reads: PromiseWithResolvers<string>[] = [];
  const read = orLast(() => {
    reads.push(Promise.withResolvers());
    return reads.at(-1)!.promise;
  }, 10);

  const first = read();
  setTimeout(() => reads[0]!.resolve("first"), 30);
  strictEqual(await first, "first");

  strictEqual(await read(), "first", "the second read has not ended");
  reads[1]!.resolve("second");
  strictEqual(await read(), "second", "it has now, the third has not");
  reads[2]!.reject(new Error("too late to matter"));

  const fourth = read();
  reads[3]!.reject(new Error("in time"));
  await rejects(fourth, /in time/);
});
