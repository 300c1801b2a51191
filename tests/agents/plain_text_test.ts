import { strictEqual } from "node:assert/strict";
import { plainText } from "../../src/agents/plain_text.ts";

const behaviour: [name: string, text: string, max: number, expected: string][] = [
  ["leaves plain text as it is", "Größe: 3 → 5, 日本語", 100, "Größe: 3 → 5, 日本語"],
  ["keeps line feeds, of all systems", "a\r\nb\rc\n\n\n\nd", 100, "a\nb\nc\n\nd"],
  ["drops colors and cursor moves", "\x1b[31mred\x1b[0m\x1b[2J\x1b[H!", 100, "red!"],
  ["drops links and titles of terminals", "\x1b]8;;http://evil.test\x07here\x1b]8;;\x07\x1b]0;own\x07", 100, "here"],
  ["drops control characters", "a\x00b\x08c\x7fd\x9be", 100, "abcde"],
  ["drops what turns the direction of text", "safe\u202egnp.exe\u2066x", 100, "safegnp.exex"],
  ["drops what is not seen", "a\u200bb\u2060c\u{e0041}d\ufeff", 100, "abcd"],
  ["makes no picture of Markdown", "see ![the graph](https://evil.test/?q=1) there", 100, "see the graph there"],
  ["shows where a link leads", "[docs](https://evil.test/x)", 100, "docs (https://evil.test/x)"],
  ["keeps angle brackets, which commands have", "kubectl logs <pod>", 100, "kubectl logs <pod>"],
  ["cuts between characters", "ab😀cd", 4, "ab😀…"],
  ["cuts what is long", "x".repeat(50_000_000), 10, "xxxxxxxxx…"],
  ["says nothing where nothing is left", "\x1b[31m\u200b \n", 100, ""],
];
for (const [name, text, max, expected] of behaviour) {
  Deno.test(`plainText() ${name}`, () => strictEqual(plainText(text, max), expected));
}
