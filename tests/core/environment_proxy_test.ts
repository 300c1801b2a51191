import { ok, strictEqual, throws } from "node:assert/strict";
import { environmentProxy } from "../../src/core/environment_proxy.ts";
import type { SupportBundleError } from "../../src/core/errors.ts";

const P = "http://proxy.example:3128/";
const through = { HTTPS_PROXY: "http://proxy.example:3128" };
const behaviour: [name: string, to: string, env: Record<string, string>, expected: string | undefined][] = [
  ["names none where none is set", "https://api.example", {}, undefined],
  ["names HTTPS_PROXY for https", "https://api.example", { ...through, HTTP_PROXY: "http://other" }, P],
  ["names HTTP_PROXY for http", "http://api.example", { ...through, HTTP_PROXY: "other:80" }, "http://other/"],
  ["reads lower case", "https://api.example", { https_proxy: "proxy.example:3128" }, P],
  ["prefers upper case", "https://api.example", { ...through, https_proxy: "http://other" }, P],
  ["falls back to ALL_PROXY", "https://api.example", { ALL_PROXY: "socks5://s:1080" }, "socks5://s:1080"],
  ["takes an empty value as none", "https://api.example", { HTTPS_PROXY: "" }, undefined],
  ["keeps the account", "https://api.example", { HTTPS_PROXY: "http://u:p%40@h:1" }, "http://u:p%40@h:1/"],
  ["goes to this machine directly", "https://localhost:6443", through, undefined],
  ["goes to its addresses directly", "https://127.0.0.5:6443", through, undefined],
  ["goes to its IPv6 address directly", "https://[::1]:6443", through, undefined],
];
const exceptions: [exception: string, to: string, excepted: boolean][] = [
  ["*", "https://api.example", true],
  ["api.example", "https://api.example:6443", true],
  ["API.Example", "https://api.example", true],
  ["example", "https://api.example", true],
  ["ample", "https://api.example", false],
  [".example", "https://api.example", true],
  [".example", "https://example", false],
  ["*.example", "https://a.b.example", true],
  ["*.example", "https://example", false],
  ["other, api.example ,x", "https://api.example", true],
  ["api.example:6443", "https://api.example:6443", true],
  ["api.example:6443", "https://api.example:8443", false],
  ["api.example:443", "https://api.example", true],
  ["10.1.2.3", "https://10.1.2.3:6443", true],
  ["10.1.2.3:6443", "https://10.1.2.3:6443", true],
  ["10.1.2.3:8443", "https://10.1.2.3:6443", false],
  ["10.0.0.0/8", "https://10.1.2.3:6443", true],
  ["10.0.0.0/8", "https://11.1.2.3:6443", false],
  ["10.0.0.0/33", "https://10.1.2.3", false],
  ["fd00::/8", "https://[fd00::1]:6443", true],
  ["fd00:0::1", "https://[fd00::1]:6443", true],
  ["[fd00::1]:6443", "https://[fd00::1]:6443", true],
  ["[fd00::1]:8443", "https://[fd00::1]:6443", false],
  ["10.0.0.0/8", "https://api.example", false],
  ["nonsense/8,,:", "https://api.example", false],
];

for (const [name, to, env, expected] of behaviour) {
  Deno.test(`environmentProxy() ${name}`, () => {
    strictEqual(environmentProxy(new URL(to), env)?.url.href, expected);
  });
}
for (const [exception, to, excepted] of exceptions) {
  Deno.test(`environmentProxy() with NO_PROXY=${exception} goes to ${to} ${excepted ? "directly" : "through it"}`, () => {
    for (const name of ["NO_PROXY", "no_proxy"]) {
      strictEqual(environmentProxy(new URL(to), { ...through, [name]: exception }) === undefined, excepted);
    }
  });
}

for (const value of ["http://", "ftp://user:hidden-word@h", "http://user:hidden-word@h:x", "://hidden-word"]) {
  Deno.test(`environmentProxy() refuses ${value.split("/")[0]}… and names the variable, not the value`, () => {
    throws(
      () => environmentProxy(new URL("https://api.example"), { https_proxy: value }),
      (error: SupportBundleError) => {
        ok(error.message.startsWith("Cannot use the proxy of https_proxy: "), error.message);
        ok(!`${error.message}${error.hint}`.includes("hidden-word"), error.message);
        return error.code === "PROXY";
      },
    );
  });
}
