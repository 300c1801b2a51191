import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  cutText,
  fitMessage,
  messageText,
  oneLine,
  plainText,
  withoutCredentials,
} from "../../src/notify/message_text.ts";
import { full, hostile, PASSWORD_IN_URL } from "../contracts/notifier_contract.ts";

const lines: [name: string, text: string, max: number, expect: string][] = [
  ["keeps what is plain", "Pod shop/web – “down” 日本", 100, "Pod shop/web – “down” 日本"],
  ["puts several lines on one", " a\r\n\tb\u2028c\u0085d ", 100, "a b c d"],
  ["drops what controls terminals", "a\u001b[31mb\u0000c", 100, "a [31mb c"],
  ["drops what turns the direction of text", "a\u202eb\u2066c\u200b\ufeffd", 100, "abcd"],
  [
    "hides passwords in URLs",
    "at postgres://u:p@db/x and https://t@h:1/?a=b@c",
    100,
    "at postgres://***@db/x and https://***@h:1/?a=b@c",
  ],
  ["keeps URLs without", "see https://h/a@b and ssh://host:22", 100, "see https://h/a@b and ssh://host:22"],
  ["cuts what is long", "abcdef", 4, "abc…"],
  ["cuts no character in two", "ab😀cd", 4, "ab…"],
  ["mends halves of characters", "a\ud800b", 100, "a\ufffdb"],
];
for (const [name, text, max, expect] of lines) {
  Deno.test(`oneLine() ${name}`, () => strictEqual(oneLine(text, max), expect));
}

Deno.test("oneLine() hides a password at the very end of what is shown", () => {
  const text = `${"x".repeat(90)} ftp://u:${PASSWORD_IN_URL}@h`;
  ok(!oneLine(text, 110).includes(PASSWORD_IN_URL.slice(0, 4)), oneLine(text, 110));
});

Deno.test("oneLine() looks at no more of a text than it may show", () => {
  const started = performance.now();
  for (const text of ["a.".repeat(5_000_000), "://".repeat(3_000_000), " ".repeat(10_000_000)]) oneLine(text, 500);
  ok(performance.now() - started < 1000);
});

Deno.test("cutText() keeps what fits, and nothing where there is no room", () => {
  deepStrictEqual([cutText("abc", 3), cutText("abc", 0), cutText("abc", 1)], ["abc", "", "…"]);
});

const urls: [url: string, expect: string][] = [
  ["s3://bucket/a b/x.tar.gz", "s3://bucket/a b/x.tar.gz"],
  ["https://h/x?X-Amz-Signature=abc#y", "https://h/x"],
  ["https://u:p@h/x", "https://h/x"],
  ["no url?sig=1", "no url"],
];
for (const [url, expect] of urls) {
  Deno.test(`withoutCredentials() leaves ${expect} of ${url}`, () => strictEqual(withoutCredentials(url), expect));
}

Deno.test("plainText() says what happened, what changed, and where the bundle is", () => {
  strictEqual(
    plainText(messageText(full)),
    `\
nightly: failed, 2 failures and 1 warning, 2 of them new, 1 fixed, the job is paused now

Status: failed
Findings: 2 failures, 1 warning, 12 passed
Execution: 3f0c9a1e-20260302T040000Z, due 2026-03-02 04:00:00 UTC, attempt 2
Host: host-1

Error: The API server did not answer

Paused: 5 runs failed in a row; to enable it again: support-bundle schedule enable "nightly"

New findings:
  FAIL  Pod shop/web is crash-looping: It ended 7 times with exit code 137
        cluster-resources/pods/shop.json:120
  WARN  Certificate of shop.example: It expires in 6 days

Fixed findings:
  FIXED  Disk: /var is 97 % full

Bundle: https://bundles.example.com/nightly/2026-03-02.tar.gz (48.3 MB)
SHA-256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

Since the last message, 1 run before this one:
  2026-03-01 22:00:00 UTC  nightly: completed, 1 failure, 1 of them new
`,
  );
});

Deno.test("messageText() bounds each list, and says how much more there is", () => {
  const text = messageText(hostile);
  deepStrictEqual(text.changes.map(({ findings, more }) => [findings.length, more]), [[20, 40], [20, 40]]);
  deepStrictEqual([text.earlier!.lines.length, text.earlier!.more], [10, 490]);
  ok(plainText(text).length < 30_000);
  ok(!JSON.stringify(text).includes(PASSWORD_IN_URL));
  match(plainText(text), /and 40 more\n/);
  match(plainText(text), /490 runs before these/);
});

Deno.test("messageText() names the host and the path of a bundle that was not delivered", () => {
  const { bundle } = messageText({ ...full, bundle: { ...full.bundle!, url: undefined } });
  deepStrictEqual([bundle!.where, bundle!.href], ["host-1:/var/lib/support-bundle/nightly.tar.gz", undefined]);
});

Deno.test("messageText() makes no link of a URL that has lost its signature, or that no browser opens", () => {
  for (const url of ["https://h/x?sig=1", "s3://bucket/x"]) {
    strictEqual(messageText({ ...full, bundle: { ...full.bundle!, url } }).bundle!.href, undefined);
  }
});

Deno.test("fitMessage() says less until it fits, and next to nothing at last", () => {
  const sizes: number[] = [];
  const render = (text: ReturnType<typeof messageText>) => {
    const rendered = plainText(text);
    sizes.push(rendered.length);
    return rendered;
  };
  const fitted = fitMessage(hostile, render, (text) => text.length < 3000);
  ok(fitted.length < 3000);
  deepStrictEqual(sizes, sizes.toSorted((a, b) => b - a));
  match(fitMessage(hostile, plainText, () => false), /New findings:\n {2}and 60 more/);
});
