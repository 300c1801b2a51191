import { match, ok, strictEqual } from "node:assert/strict";
import { findProgram } from "../fixtures/server_process.ts";
import { BINARY, Sandbox } from "./program.ts";

const script = findProgram("script", "SCRIPT_PROGRAM");
const ignore = BINARY === undefined || Deno.build.os !== "linux" || script === undefined;
const secret = crypto.randomUUID();

/** What somebody types at the question, and how it ends. */
const rows: [name: string, typed: string, code: number, expect: RegExp][] = [
  ["takes what is typed, and shows nothing of it", `${secret}\r`, 0, /Kept s3/],
  ["takes what was typed again after a slip", `wrong\x7f\x7f\x7f\x7f\x7f${secret}\r`, 0, /Kept s3/],
  ["ends at Ctrl-C, and keeps nothing", `${secret}\x03`, 130, /Interrupted\. Nothing was kept/],
  ["refuses several lines that are pasted", `{\r"a": "${secret}"\r}\r`, 1, /Only one line/],
];
for (const [name, typed, code, expect] of rows) {
  Deno.test({
    name: `a hidden prompt ${name}; then the terminal shows again what is typed`,
    ignore,
    fn: async () => {
      await using sandbox = await Sandbox.create();
      const command = `trap : INT; "${BINARY}" credential set s3; echo "code $?"; stty -a`;
      const terminal = new Deno.Command(script!, {
        args: ["-qec", command, "/dev/null"],
        env: sandbox.env({ TERM: "xterm" }),
        clearEnv: true,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const writer = terminal.stdin.getWriter();
      let shown = "";
      const asked = Promise.withResolvers<void>();
      const reading = (async () => {
        for await (const text of terminal.stdout.pipeThrough(new TextDecoderStream())) {
          shown += text;
          if (shown.includes("it is not shown")) asked.resolve();
        }
        asked.resolve();
      })();
      await asked.promise;
      await writer.write(new TextEncoder().encode(typed));
      await reading;
      await writer.close().catch(() => {});
      await terminal.stderr.cancel();
      await terminal.status;
      match(shown, new RegExp(`code ${code}\r?\n`), shown);
      match(shown, expect);
      ok(!shown.includes(secret) && !shown.includes("wrong"), "it was shown");
      match(shown, /(?<!-)\becho\b/);
      match(shown, /(?<!-)\bicanon\b/);
      const tested = await sandbox.run(["credential", "test", "s3"]);
      strictEqual(tested.code, code === 0 ? 0 : 1);
      if (code === 0) match(tested.stdout, /one line of text/);
    },
  });
}
