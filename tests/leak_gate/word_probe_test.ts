import { deepStrictEqual } from "node:assert/strict";
import { Literals } from "../../src/leak_gate/literals.ts";
import { PROBE_MARGIN, WordProbe } from "../../src/leak_gate/word_probe.ts";
import { ALNUM, draw, LOWER } from "./made_secrets.ts";

const encoder = new TextEncoder();

/** Literals and where they begin in a text, found by the probe. */
function probe(literals: string[], text: string, from = 0, to = text.length): [string, number][] {
  const bytes = new Uint8Array(2 * PROBE_MARGIN + text.length + (text.length % 2));
  bytes.set(encoder.encode(text), PROBE_MARGIN);
  const found: [string, number][] = [];
  new WordProbe(Literals.of(literals)).probe(
    bytes,
    from + PROBE_MARGIN,
    to + PROBE_MARGIN,
    (number, at) => found.push([literals[number]!, at - PROBE_MARGIN]),
  );
  return found.sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
}

/** The same by looking at every place. */
function search(literals: string[], text: string): [string, number][] {
  const lower = text.toLowerCase();
  return [...text].flatMap((_, at) =>
    literals.filter((literal) => lower.startsWith(literal.toLowerCase(), at)).sort().map((
      it,
    ): [string, number] => [it, at])
  );
}

const behaviour: [name: string, literals: string[], text: string, expect: [string, number][]][] = [
  ["at an even place", ["token"], "ab token", [["token", 3]]],
  ["at an odd place", ["token"], "a token", [["token", 2]]],
  ["at the beginning and at the end", ["token"], "token token", [["token", 0], ["token", 6]]],
  ["of three bytes", ["eyj"], "eyJhb .eyJ eyj", [["eyj", 0], ["eyj", 7], ["eyj", 11]]],
  ["of four bytes", ["auth"], "auth Auth:xAUTH", [["auth", 0], ["auth", 5], ["auth", 11]]],
  ["in any case", ["Secret"], "SECRET sEcReT", [["Secret", 0], ["Secret", 7]]],
  ["that overlap", ["pass", "passw", "asswo"], "password", [["pass", 0], ["passw", 0], ["asswo", 1]]],
  ["not of half of one", ["secret"], "secre ecret", []],
];
for (const [name, literals, text, expect] of behaviour) {
  Deno.test(`WordProbe finds literals ${name}`, () => deepStrictEqual(probe(literals, text), expect));
}

for (const [name, shortest] of [["short and long", 3], ["long", 11]] as const) {
  Deno.test(`WordProbe finds of ${name} literals what a search at every place finds`, () => {
    for (let round = 0; round < 50; round++) {
      const text = draw("abcdABCD", 2000 + round);
      const drawn = Array.from({ length: 40 }, (_, i) => draw("abcd", shortest + i % 8));
      const cut = Array.from({ length: 40 }, (_, i) => text.slice(i * 37, i * 37 + shortest + i % 8));
      const literals = [...new Set([...drawn, ...cut].map((literal) => literal.toLowerCase()))];
      deepStrictEqual(probe(literals, text), search(literals, text));
    }
  });
}

Deno.test("WordProbe tells only of what begins in its range", () => {
  const text = "token token token";
  deepStrictEqual(probe(["token"], text, 1, 12), [["token", 6]]);
});

Deno.test("WordProbe keeps apart what begins alike", () => {
  const literals = Array.from({ length: 500 }, (_, i) => `postgres://shop:${draw(ALNUM, 6)}${i}@pg`);
  const text = `x ${literals[17]} ${literals[499]!} ${draw(LOWER, 30)}`;
  deepStrictEqual(probe(literals, text).map(([literal]) => literals.indexOf(literal)), [17, 499]);
});
