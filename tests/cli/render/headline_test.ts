import { deepStrictEqual, equal } from "node:assert/strict";
import { headline } from "../../../src/cli/render/headline.ts";
import { wrap } from "../../../src/cli/render/wrap.ts";

const behaviour = [ // title, message, line
  ["Pod shop/web-1 status", "Pod shop/web-1 status is CrashLoopBackOff", "Pod shop/web-1 status is CrashLoopBackOff"],
  [
    "shop/web Deployment Status",
    "The deployment shop/web has 0/2 replicas",
    "The deployment shop/web has 0/2 replicas",
  ],
  ["Node Count", "Node count is too low", "Node count is too low"],
  ["Required Kubernetes Version", "At least 1.22 is needed", "Required Kubernetes Version: At least 1.22 is needed"],
  ["Pod shop/web status", "Pod shop/web-1 is broken", "Pod shop/web status: Pod shop/web-1 is broken"],
  ["web", "webhooks are broken", "web: webhooks are broken"],
  ["Status", "all is lost", "Status: all is lost"],
  ["", "all is lost", "all is lost"],
  ["Title", "", "Title"],
  ["磁盘", "磁盘 已满", "磁盘 已满"],
] as const;
for (const [title, message, line] of behaviour) {
  Deno.test(`headline("${title}", "${message}") is "${line}"`, () => equal(headline(title, message), line));
}

const wrapped: [text: string, width: number, lines: string[]][] = [
  ["a bc def", 6, ["  a bc", "  def"]],
  ["a /a/path/that/is/longer b", 10, ["  a", "  /a/path/that/is/longer", "  b"]],
  ["one\ntwo\r\n\nthree", 80, ["  one", "  two", "  three"]],
  ["宽宽 宽宽", 8, ["  宽宽", "  宽宽"]],
  ["\x1b[31mred\x1b[0m\x00", 80, ["  red�"]],
  ["", 80, []],
];
for (const [text, width, lines] of wrapped) {
  Deno.test(`wrap(${JSON.stringify(text)}) to ${width} columns`, () => deepStrictEqual(wrap(text, width, "  "), lines));
}
