import { deepStrictEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { fromUnicode } from "../../../src/redact/latin1.ts";
import { type FileMasks, isMask, MASK, masksIn, maskSpans } from "../../../src/redact/mask.ts";
import { TokenFormat } from "../../../src/redact/tokens/token_format.ts";
import { Tokenizer, type TokenizerOptions } from "../../../src/redact/tokens/tokenizer.ts";
import { ManualClock } from "../../manual_clock.ts";
import { random } from "../random.ts";
import { VALID } from "./valid_token.ts";

function tokenizer(options: Partial<TokenizerOptions> = {}): Tokenizer {
  return new Tokenizer({ key: new Uint8Array(32), clock: new ManualClock("2026-03-02T10:00:00.000Z"), ...options });
}

const values = (tokens: Tokenizer) =>
  Object.fromEntries([...tokens.secrets()].map(({ token, value, count }) => [token, [value, count]]));

Deno.test("a token is HMAC-SHA-256 of the value with the key", () => {
  const file = tokenizer({ key: new TextEncoder().encode("key") }).start("a");
  // openssl: printf '%s' 'The quick brown fox jumps over the lazy dog' | openssl dgst -sha256 -hmac key
  equal(file.of("The quick brown fox jumps over the lazy dog", "x", ""), "***TOKEN_GENERIC_F7BC83F43053***");
});

Deno.test("equal values have equal tokens, whatever the rule, the name, the file and the order", () => {
  const places: [rule: string, before: string][] = [["x", ""], ["api-key", ""], ["x", "password="], [
    "token",
    "secret: ",
  ]];
  for (let first = 0; first < places.length; first++) {
    const tokens = tokenizer();
    const order = [...places.slice(first), ...places.slice(0, first)];
    const written = order.map(([rule, before], i) => tokens.start(`file-${i}`).of("hunter2", rule, before));
    equal(new Set(written).size, 1, `first: ${order[0]}`);
    match(written[0]!, VALID);
  }
});

Deno.test("the hash is the same whatever comes first, and the type what came first", () => {
  const a = tokenizer().start("a").of("hunter2", "password", "");
  const b = tokenizer().start("a").of("hunter2", "api-key", "");
  equal(a.slice(-15), b.slice(-15));
  deepStrictEqual([a.split("_")[1], b.split("_")[1]], ["PASSWORD", "APIKEY"]);
});

Deno.test("types that are kept hold for the next run, whatever comes first there", () => {
  const types: TokenizerOptions["types"] = new Map();
  const first = tokenizer({ types }).start("a").of("hunter2", "password", "");
  equal(tokenizer({ types }).start("a").of("hunter2", "api-key", ""), first);
});

Deno.test("other values and other keys give other tokens", () => {
  const key = crypto.getRandomValues(new Uint8Array(32));
  notEqual(tokenizer().start("a").of("hunter2", "x", ""), tokenizer().start("a").of("hunter3", "x", ""));
  notEqual(tokenizer().start("a").of("hunter2", "x", ""), tokenizer().start("a").of("Hunter2", "x", ""));
  notEqual(tokenizer().start("a").of("hunter2", "x", ""), tokenizer({ key }).start("a").of("hunter2", "x", ""));
});

Deno.test("what is around a value stays, and the value has the same token", () => {
  const tokens = tokenizer();
  const file = tokens.start("a");
  const token = file.of("hunter2", "x", "");
  for (const [lead, tail] of [[" ", "\r"], ["Bearer ", ""], ['"', '"'], ["'", "'"], ["PASSWORD=", " "]] as const) {
    equal(file.of(`${lead}hunter2${tail}`, "x", ""), lead + token + tail);
  }
  file.end();
  deepStrictEqual(values(tokens), { [token]: ["hunter2", 6] });
  equal(tokens.trimmed, 5);
});

Deno.test("a value of which nothing is left has the constant mask", () => {
  for (const nothing of ["", "  ", '""']) equal(tokenizer().start("a").of(nothing, "x", ""), MASK);
});

Deno.test("a larger value swallows the tokens in it: there is no token of a token", () => {
  const tokens = tokenizer();
  const file = tokens.start("a");
  const user = file.of("bob", "x", ""), password = file.of("hunter2", "x", "");
  const whole = file.of(`pg://${user}:${password}@db`, "x", "");
  match(whole, VALID);
  equal(whole, tokenizer().start("b").of("pg://bob:hunter2@db", "x", ""));
  file.end();
  deepStrictEqual(values(tokens), { [whole]: ["pg://bob:hunter2@db", 1] });
});

Deno.test("tokens and masks of others stay, and what is around them gets tokens of its own", () => {
  const foreign = tokenizer({ key: new Uint8Array(16) }).start("a").of("hunter2", "x", "");
  for (const mask of [foreign, MASK, "***TOKEN_PASSWORD_A1B2C3***"]) {
    const tokens = tokenizer();
    const file = tokens.start("a");
    const [before, after] = [file.of("pg://bob:", "x", ""), file.of("@db", "x", "")];
    equal(file.of(`pg://bob:${mask}@db`, "x", ""), before + mask + after);
  }
});

Deno.test("a token of this run that the file had before is not taken for one of this run's", () => {
  const tokens = tokenizer();
  const token = tokens.start("a").of("hunter2", "x", "");
  const file = tokens.start("b");
  equal(file.of(`x${token}y`, "x", "").includes(token), true);
  file.end();
  deepStrictEqual(Object.values(values(tokens)).map(([value]) => value), ["x", "y"]);
});

Deno.test("only files that were redacted to their end count", () => {
  const tokens = tokenizer();
  tokens.start("left-out").of("hunter1", "x", "");
  for (const path of ["a", "a", "b"]) {
    const file = tokens.start(path);
    file.of("hunter2", "x", "");
    file.end();
  }
  const [secret, ...others] = tokens.secrets();
  deepStrictEqual([secret!.value, secret!.count, [...secret!.files], others], ["hunter2", 3, [["a", 2], ["b", 1]], []]);
});

Deno.test("values that collide get longer hashes, and every token stays valid and its own", () => {
  const file = tokenizer({ digits: 6 }).start("a");
  const written = Array.from({ length: 20_000 }, (_, i) => file.of(`value ${i}`, "x", ""));
  equal(new Set(written).size, written.length);
  ok(written.some((token) => token.length > written[0]!.length), "none of 20,000 collided in 24 bits");
  ok(written.every((token) => VALID.test(token) && isMask(token)));
});

Deno.test("values beyond the memory have tokens that are the same each time, and are in no map", () => {
  const tokens = tokenizer({ maxBytes: 500 });
  const file = tokens.start("a");
  const known = file.of("hunter2", "password", "");
  const beyond = file.of("hunter3", "password", "");
  match(beyond, VALID);
  equal(file.of("hunter3", "api-key", "token="), beyond);
  equal(file.of("hunter2", "api-key", ""), known);
  file.end();
  deepStrictEqual(values(tokens), { [known]: ["hunter2", 2] });
  equal(tokens.unknown, 2);
});

Deno.test("files of values beyond the memory for places are not known, and their tokens count", () => {
  const tokens = tokenizer({ maxPlaces: 2 });
  for (const path of ["a", "b", "c", "a"]) {
    const file = tokens.start(path);
    file.of("hunter2", "password", "");
    file.end();
  }
  const [secret] = tokens.secrets();
  equal(secret!.count, 4);
  deepStrictEqual([...secret!.files], [["a", 2], ["b", 1]]);
});

Deno.test("tokens are written with the word that was asked for", () => {
  const token = tokenizer({ format: new TokenFormat("ACME") }).start("a").of("hunter2", "password", "");
  match(token, /^\*\*\*ACME_PASSWORD_[A-F0-9]{12}\*\*\*$/);
});

const pieces = ["hunter2", "a", " ", "é", "***", "*", MASK, "***TOKEN_KEY_A1B2C3***", '"', "Bearer ", "0", "\n"];

/** Text with masks and what looks like them, and spans anywhere in it. */
function sample(next: () => number) {
  const one = () => pieces[Math.floor(next() * pieces.length)]!;
  const text = fromUnicode(Array.from({ length: 1 + Math.floor(next() * 12) }, one).join(""));
  const spans = Array.from({ length: Math.floor(next() * 5) }, () => {
    const start = Math.floor(next() * (text.length + 1));
    return { start, end: Math.min(text.length, start + Math.floor(next() * 20)), drop: false };
  });
  return { text, spans };
}

function putBack(text: string, tokens: Tokenizer): string {
  let out = "", at = 0;
  for (const { start, end } of masksIn(text)) {
    out += text.slice(at, start) + (tokens.secretBehind(text.slice(start, end))?.value ?? text.slice(start, end));
    at = end;
  }
  return out + text.slice(at);
}

Deno.test("maskSpans() with tokens: putting the values back gives the text, to the byte", () => {
  const next = random(11);
  for (let round = 0; round < 20_000; round++) {
    const { text, spans } = sample(next);
    const tokens = tokenizer();
    const now = maskSpans(text, spans, "x", tokens.start("a")).text;
    const there = masksIn(text).map(({ start, end }) => text.slice(start, end));
    // the constant mask stands for a value of blanks or empty quotes alone
    if (now.split(MASK).length === text.split(MASK).length) equal(putBack(now, tokens), text);
    const kept = masksIn(now).map(({ start, end }) => now.slice(start, end));
    let from = 0;
    for (const mask of there) {
      from = kept.indexOf(mask, from) + 1;
      ok(from > 0, `${mask} is gone from ${JSON.stringify(text)}: ${JSON.stringify(now)}`);
    }
  }
});

Deno.test("maskSpans() keeps everything outside of spans, with tokens and with the constant mask", () => {
  const next = random(12);
  for (let round = 0; round < 20_000; round++) {
    const { text, spans } = sample(next);
    for (const masks of [undefined, tokenizer().start("a")]) {
      const { text: now, count } = maskSpans(text, spans, "x", masks);
      const covered = new Uint8Array(text.length);
      for (const { start, end } of [...spans, ...masksIn(text)]) covered.fill(1, start, end);
      const outside = [...text].filter((_, i) => covered[i] === 0).join("");
      // each character outside is there, in order
      let at = 0;
      for (const char of outside) at = now.indexOf(char, at) + 1 || Infinity;
      ok(at !== Infinity, `${JSON.stringify(text)} became ${JSON.stringify(now)}`);
      equal(count === 0, now === text);
    }
  }
});

Deno.test("maskSpans() a second time changes nothing where only masks and tokens are", () => {
  const next = random(13);
  for (let round = 0; round < 20_000; round++) {
    const { text, spans } = sample(next);
    const tokens = tokenizer();
    const masks: [FileMasks | undefined, FileMasks | undefined][] = [
      [undefined, undefined],
      [tokens.start("a"), tokens.start("b")],
      [tokens.start("a"), undefined],
      [undefined, tokens.start("a")],
    ];
    for (const [first, second] of masks) {
      const once = maskSpans(text, spans, "x", first).text;
      const twice = maskSpans(once, masksIn(once), "x", second);
      equal(twice.text, once);
      equal(twice.count, 0);
    }
  }
});

Deno.test("maskSpans() is linear in a line of many tokens", () => {
  const file = tokenizer().start("a");
  const token = file.of("hunter2", "x", "");
  const text = `${token} x`.repeat(50_000);
  const spans = Array.from(
    { length: 50_000 },
    (_, i) => ({ start: i * (token.length + 2) + 5, end: (i + 1) * (token.length + 2) }),
  );
  equal(maskSpans(text, spans, "x", file).count, 50_000);
});
