import { match, ok, strictEqual } from "node:assert/strict";
import { SYSCTL_SCRIPT } from "../../../../src/collect/kinds/cluster/sysctl_script.ts";

Deno.test({
  name: "SYSCTL_SCRIPT prints a line for each setting",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { code, stdout } = await new Deno.Command("sh", { args: ["-c", SYSCTL_SCRIPT] }).output();
    const text = new TextDecoder().decode(stdout);
    strictEqual(code, 0);
    const swappiness = (await Deno.readTextFile("/proc/sys/vm/swappiness")).trim();
    match(text, new RegExp(`^/proc/sys/vm/swappiness = ${swappiness}$`, "m"));
    for (const line of text.trimEnd().split("\n")) ok(/^\/proc\/sys\/(net\/(ipv4|bridge)|vm)\/\S+ = /.test(line), line);
  },
});

Deno.test({
  name: "SYSCTL_SCRIPT says which tool an image lacks",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const sh = (await new Deno.Command("sh", { args: ["-c", "command -v sh"] }).output()).stdout;
    const program = new TextDecoder().decode(sh).trim();
    const { code, stdout } = await new Deno.Command(program, {
      args: ["-c", SYSCTL_SCRIPT],
      env: { PATH: "/nowhere" },
    }).output();
    strictEqual(code, 127);
    strictEqual(new TextDecoder().decode(stdout), "the image has no find\n");
  },
});
