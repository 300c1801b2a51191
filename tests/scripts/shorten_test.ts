import { stop } from "esbuild";
import { match } from "node:assert/strict";
import { shorten } from "../../scripts/build.ts";

Deno.test({
  name: "shorten() lets what is read once be closed where its scope ends",
  // The process of esbuild is told to end, and nobody waits for that.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const text = 'export function f(open) { using handle = open("a"); work(handle); return "done"; }';
    try {
      match(await shorten(text), /\busing (\w+)=\w+\("a"\);(return )?work\(\1\)/);
    } finally {
      await stop();
    }
  },
});
