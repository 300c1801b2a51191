import { strictEqual } from "node:assert/strict";
import { command } from "../../src/insight/command.ts";

const behaviour: [name: string, value: string | undefined, expected: string][] = [
  ["leaves names as they are", "web-1.shop_x", "get web-1.shop_x now"],
  ["leaves selectors as they are", "app.kubernetes.io/name=web,tier=a", "get app.kubernetes.io/name=web,tier=a now"],
  ["quotes what a shell would understand", "x; rm -rf $(pwd)", "get 'x; rm -rf $(pwd)' now"],
  ["quotes quotes", "it's", `get 'it'\\''s' now`],
  ["quotes what is hidden", "***HIDDEN***", "get '***HIDDEN***' now"],
  ["takes nothing for nothing", undefined, "get  now"],
];
for (const [name, value, expected] of behaviour) {
  Deno.test(`command\`\` ${name}`, () => strictEqual(command`get ${value} now`, expected));
}
