import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { sideBySide } from "../../../src/collect/remote_host/side_by_side.ts";

Deno.test("sideBySide() yields what comes first, and begins no more sources than it may", async () => {
  const slow = Promise.withResolvers<void>();
  const begun: string[] = [];
  const source = (name: string, after?: Promise<void>) =>
    async function* () {
      begun.push(name);
      await after;
      yield `${name}1`;
      yield `${name}2`;
    };
  const reading = sideBySide([source("a", slow.promise), source("b"), source("c")], 2);
  const seen: string[] = [];
  for await (const item of reading) {
    if (seen.length === 0) deepStrictEqual(begun, ["a", "b"]);
    seen.push(item);
    if (item === "c2") slow.resolve();
  }
  deepStrictEqual(seen, ["b1", "b2", "c1", "c2", "a1", "a2"]);
});

Deno.test("sideBySide() ends its sources when it is left, or when one fails", async () => {
  let ended = 0;
  const waiting = async function* (signal: AbortSignal): AsyncGenerator<string> {
    try {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      yield "too late";
    } finally {
      ended++;
    }
  };
  const one = async function* () {
    yield "1";
  };
  const failing = async function* (): AsyncGenerator<string> {
    yield await Promise.reject(new Error("broken"));
  };
  for await (const item of sideBySide([waiting, one], 2)) {
    strictEqual(item, "1");
    break;
  }
  strictEqual(ended, 1);
  await rejects(Array.fromAsync(sideBySide([waiting, failing], 2)), /broken/);
  strictEqual(ended, 2);
});
