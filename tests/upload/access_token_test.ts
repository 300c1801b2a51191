import { strictEqual } from "node:assert/strict";
import { heldToken } from "../../src/upload/access_token.ts";

const behaviour: [name: string, validForSeconds: number, asked: number][] = [
  ["keeps a token that is valid for long", 3600, 1],
  ["asks again for one that ends within a minute", 59, 3],
  ["asks again for one that says nothing of its end", 0, 3],
];
for (const [name, validForSeconds, expected] of behaviour) {
  Deno.test(`heldToken() ${name}`, async () => {
    let asked = 0;
    const token = heldToken(() => Promise.resolve({ token: `token ${++asked}`, validForSeconds }));
    const { signal } = new AbortController();
    for (let i = 0; i < 2; i++) await token(signal);
    strictEqual(await token(signal), `token ${expected}`);
  });
}
