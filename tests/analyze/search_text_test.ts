import { deepStrictEqual, equal } from "node:assert/strict";
import { compileRegex } from "../../src/analyze/regex.ts";
import { searchText, type TextMatch } from "../../src/analyze/search_text.ts";
import type { BundleReader } from "../../src/bundle/bundle_reader.ts";

const LINE = "2026-01-02T03:04:05Z INFO reconcile finished\n";
/** As many lines as take 17 MB. */
const LINES = Math.ceil(17 * 1024 * 1024 / LINE.length);

/** A bundle with one log of 17 MB, in pieces, in which some lines are others. */
function largeLog(changes: Record<number, string>): BundleReader {
  const lines = new Array<string>(LINES).fill(LINE);
  for (const [line, text] of Object.entries(changes)) lines[Number(line) - 1] = text;
  const bytes = new TextEncoder().encode(lines.join(""));
  return {
    size: () => Promise.resolve(bytes.length),
    read: () => Promise.reject(new Error("read at once")),
    readText: () => Promise.reject(new Error("read at once")),
    find: () => Promise.resolve([]),
    // deno-lint-ignore require-await
    async stream() {
      return ReadableStream.from(function* () {
        for (let at = 0; at < bytes.length; at += 300_000) yield bytes.subarray(at, at + 300_000);
      }());
    },
  };
}

const [FIRST, MIDDLE, LAST] = [1, Math.floor(LINES / 2), LINES];
const found = (line: number, groups: Record<string, string> = {}): TextMatch => ({ line, groups });

const behaviour: [name: string, changes: Record<number, string>, pattern: string, match: TextMatch | undefined][] = [
  ["nothing", {}, "error \\d+", undefined],
  ["what is in the first line", { [FIRST]: "error 7\n" }, "error \\d+", found(FIRST)],
  ["what is in the middle", { [MIDDLE]: "error 7\n" }, "error (?P<n>\\d+)", found(MIDDLE, { n: "7" })],
  ["what is in the last line", { [LAST]: "error 7" }, "error \\d+$", found(LAST)],
  ["the first of several", { [MIDDLE]: "error 7\n", [LAST]: "error 8" }, "error (?P<n>\\d)", found(MIDDLE, { n: "7" })],
  ["the begin of the file alone with ^", { [MIDDLE]: "error 7\n" }, "^error", undefined],
  ["the begin of a line with (?m)^", { [MIDDLE]: "error 7\n" }, "(?m)^error", found(MIDDLE)],
  ["the end of the file alone with \\z", { [MIDDLE]: "error\n" }, "finished\\n\\z", found(LAST)],
  ["several lines", { [MIDDLE]: "begin\n", [MIDDLE + 3]: "end\n" }, "(?s)begin.*?end", found(MIDDLE)],
  ["a word that is no part of another", { [MIDDLE]: "terror\n", [LAST]: "error\n" }, "\\berror", found(LAST)],
  ["characters of several bytes", { [MIDDLE]: "ärger ☃ 😀\n" }, "☃ (?P<face>.)", found(MIDDLE, { face: "😀" })],
];
for (const [name, changes, pattern, match] of behaviour) {
  Deno.test(`searchText() finds ${name} in a log that is searched in stretches`, async () =>
    deepStrictEqual(await searchText([compileRegex(pattern, "regex")], largeLog(changes), "a.log"), [match]));
}

Deno.test("searchText() finds what lies across the end of any stretch", async () => {
  const changes: Record<number, string> = {};
  for (let line = 1000; line < LINES; line += 1000) changes[line] = `error ${"x".repeat(30_000)} of ${line}\n`;
  for (const line of Object.keys(changes).map(Number).filter((_, i) => i % 40 === 7)) {
    const pattern = compileRegex(`error x+ of ${line}\\b`, "regex");
    deepStrictEqual(await searchText([pattern], largeLog(changes), "a.log"), [found(line)]);
  }
});

Deno.test("searchText() reads a file once for all patterns, and stops when all are found", async () => {
  const log = largeLog({ [FIRST]: "a b\n" });
  let pieces = 0;
  const counting: BundleReader = {
    ...log,
    async stream(path) {
      const body = await log.stream!(path);
      return (async function* () {
        for await (const piece of body!) {
          pieces++;
          yield piece;
        }
      })();
    },
  };
  const patterns = ["a", "b"].map((each) => compileRegex(each, "regex"));
  deepStrictEqual(await searchText(patterns, counting, "a.log"), [found(1), found(1)]);
  equal(pieces < 10, true);
});

Deno.test("searchText() of a file that is not there is undefined", async () => {
  const none: BundleReader = {
    read: () => Promise.resolve(undefined),
    readText: () => Promise.resolve(undefined),
    find: () => Promise.resolve([]),
  };
  equal(await searchText([compileRegex("a", "regex")], none, "a"), undefined);
});
