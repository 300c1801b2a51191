import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { cutBody, cutBytes, type CutOptions } from "../../src/pipeline/cut_body.ts";
import { SizeBudget, TooLargeError } from "../../src/pipeline/size_budget.ts";

const encoder = new TextEncoder();
const line = (n: number, length = 100) => `${n} `.padEnd(length - 1, "x") + "\n";
const lines = (count: number, from = 0) => Array.from({ length: count }, (_, i) => line(from + i)).join("");

/** A body of these texts that then ends, or never does: what comes after them is asked for in vain. */
function source(texts: string[], more?: (n: number) => string): ReadableStream<Uint8Array> & { read: number } {
  let n = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const text = texts[n] ?? more?.(n);
      n++;
      if (text === undefined) return controller.close();
      result.read += text.length;
      controller.enqueue(encoder.encode(text));
    },
  }, { highWaterMark: 0 });
  const result = Object.assign(body, { read: 0 });
  return result;
}

interface Cut {
  text: string;
  /** The flag of the budget that did not hold it. */
  by?: string;
  used: number;
}

/** Runs a text through a budget of `bytes` for a file: as a stream of chunks of each size, and at once. */
async function cut(text: string, bytes: number, options: Partial<CutOptions> = {}): Promise<Cut[]> {
  const results: Cut[] = [];
  const run = async (act: (budget: SizeBudget, options: CutOptions) => Promise<string>) => {
    const bundle = SizeBudget.ofBundle(1e9);
    let by: string | undefined;
    const onCut = (budget: SizeBudget) => by = budget.flag;
    const text = await act(bundle.ofCollector(0).ofFile(bytes), { ...options, onCut });
    results.push({ text, by, used: 1e9 - bundle.room });
  };
  for (const size of [1, 7, 100, 1_000, 1e9]) {
    const chunks = text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    await run(async (budget, options) =>
      await new Response(cutBody(source(chunks), budget, options) as ReadableStream<Uint8Array<ArrayBuffer>>).text()
    );
  }
  await run((budget, options) =>
    Promise.resolve(new TextDecoder().decode(cutBytes(encoder.encode(text), budget, options)))
  );
  return results;
}

const whole = lines(80);
const behaviour: [
  name: string,
  text: string,
  room: number,
  options: Partial<CutOptions>,
  expected: string,
  cut: boolean,
][] = [
  ["passes on what fits", whole, 8_000, {}, whole, false],
  ["passes on what ends without a line break", "a\nbc", 4, {}, "a\nbc", false],
  ["passes on an empty file", "", 10, {}, "", false],
  ["passes on anything where there is no limit", whole, 0, {}, whole, false],
  ["cuts after the last line that fits", whole, 250, {}, lines(2), true],
  ["cuts after a line that fits exactly", whole, 300, {}, lines(3), true],
  ["takes no part of a line without its end", "a\nbcd", 4, {}, "a\n", true],
  ["passes both ends on as they are where they meet", whole, 8_000, { bothEnds: true }, whole, false],
];
for (const [name, text, room, options, expected, isCut] of behaviour) {
  Deno.test(`cutBody() and cutBytes() ${name}`, async () => {
    for (const result of await cut(text, room, options)) {
      deepStrictEqual(result, {
        text: expected,
        by: isCut ? "--max-file-size" : undefined,
        used: expected.length,
      });
    }
  });
}

Deno.test("cutBody() and cutBytes() keep both ends of a log, in whole lines, and say how much is missing between", async () => {
  const text = lines(2_000);
  for (const { text: kept, by, used } of await cut(text, 10_000, { bothEnds: true })) {
    strictEqual(by, "--max-file-size");
    strictEqual(used, kept.length, "what is not used is given back");
    ok(kept.length <= 10_000 && kept.length > 9_300, `${kept.length}`);
    const [head, marker, tail, ...rest] = kept.split(/(\[support-bundle .*\]\n)/);
    deepStrictEqual(rest, []);
    ok(text.startsWith(head!) && head!.endsWith("\n") && head!.length >= 4_500, `${head!.length}`);
    ok(text.endsWith(tail!) && tail!.startsWith(`${2_000 - tail!.length / 100} x`), tail!.slice(0, 10));
    const between = text.length - head!.length - tail!.length;
    strictEqual(marker, `[support-bundle left ${between} bytes out here: the limit is 10.0 kB (--max-file-size)]\n`);
  }
});

Deno.test("cutBody() ends a body that never does, and lets its source go on no longer than until it is told", async () => {
  for (const text of [lines(100), "no end of a line".repeat(1000)]) {
    const stop = new AbortController();
    const endless = source([], () => stop.signal.aborted ? undefined! : text);
    const body = cutBody(endless, SizeBudget.ofBundle(0).ofFile(10_000_000), { onCut: () => stop.abort() });
    const reading = new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).bytes();
    const kept = (await reading).length;
    ok(kept <= 10_000_000 && kept > 8_900_000, `${kept}`);
    ok(endless.read < 10_000_000 + 2 * text.length, `${endless.read}`);
  }
});

Deno.test("cutBody() reads a log to its end that is twenty times too large", async () => {
  let n = 0;
  const chunk = lines(10_000);
  const log = source([], () => n++ < 200 ? chunk : undefined!);
  const body = cutBody(log, SizeBudget.ofBundle(0).ofFile(10_000_000), { bothEnds: true, onCut: () => {} });
  let bytes = 0;
  for await (const piece of body) bytes += piece.length;
  ok(bytes <= 10_000_000 && bytes > 9_900_000, `${bytes}`);
  strictEqual(log.read, 200_000_000);
});

const leftOut: [name: string, text: string, options: Partial<CutOptions>][] = [
  ["an archive that does not fit", whole, { whole: true }],
  ["binary content that does not fit", `\x7fELF\0${whole}`, {}],
  ["binary content that does not fit, of which both ends were wanted", `\x7fELF\0${whole}`, { bothEnds: true }],
  ["what has no line that fits", "x".repeat(2_000), {}],
];
for (const [name, text, options] of leftOut) {
  Deno.test(`cutBody() and cutBytes() leave out ${name}, and give its room back`, async () => {
    const bundle = SizeBudget.ofBundle(1_000);
    const message = /left out: there was no room for it within 1\.0 kB \(--max-bundle-size\)/;
    const told: string[] = [];
    const cutOptions = { ...options, onCut: (budget: SizeBudget) => told.push(budget.flag) };
    const body = cutBody(source([text.slice(0, 500), text.slice(500)]), bundle.ofCollector(0).ofFile(0), cutOptions);
    await rejects(new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).bytes(), (error: Error) => {
      ok(error instanceof TooLargeError);
      match(error.message, message);
      return true;
    });
    throws(() => cutBytes(encoder.encode(text), bundle.ofFile(0), cutOptions), message);
    deepStrictEqual(told, ["--max-bundle-size", "--max-bundle-size"]);
    strictEqual(bundle.room, 1_000);
    strictEqual(bundle.over, bundle);
  });
}

Deno.test("cutBody() gives its room back when the body breaks off, or is not wanted any more", async () => {
  for (const bothEnds of [false, true]) {
    const bundle = SizeBudget.ofBundle(100_000);
    const open = (end: "fails" | "waits") => {
      let n = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (n++ < 10) return controller.enqueue(encoder.encode(lines(80) + "half a line"));
          if (end === "fails") return controller.error(new Error("connection reset"));
          return new Promise(() => {});
        },
      }, { highWaterMark: 0 });
      return cutBody(body, bundle.ofFile(60_000), { bothEnds, onCut: () => {} });
    };
    if (bothEnds) {
      await rejects(new Response(open("fails") as ReadableStream<Uint8Array<ArrayBuffer>>).bytes(), /connection reset/);
      strictEqual(bundle.room, 100_000);
    }
    const reader = open("waits").getReader();
    await reader.read();
    ok(bundle.room < 100_000);
    await reader.cancel();
    strictEqual(bundle.room, 100_000);
  }
});

Deno.test("SizeBudget names what leaves the least room, and is over where nothing more can be added", () => {
  const bundle = SizeBudget.ofBundle(1_000);
  const first = bundle.ofCollector(600);
  const second = bundle.ofCollector(600);
  strictEqual(first.ofFile(100).tightest.flag, "--max-file-size");
  first.ofFile(0).take(550);
  deepStrictEqual([first.room, second.room, bundle.room], [50, 450, 450]);
  strictEqual(first.ofFile(100).tightest, first);
  strictEqual(second.ofFile(0).tightest, bundle, "the bundle, although the collector might have more");
  const file = first.ofFile(10);
  file.reached = true;
  strictEqual(first.over, undefined, "one file that is too large stops nobody");
  first.reached = true;
  deepStrictEqual([first.over, second.over], [first, undefined]);
  bundle.reached = true;
  strictEqual(second.over, bundle);
  deepStrictEqual(String(bundle), "1.0 kB (--max-bundle-size)");
});
