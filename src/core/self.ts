import { fileURLToPath } from "node:url";

/** The command line that starts this program again: the compiled binary, or Deno with `main.ts`. */
export function selfCommand(): { command: string; args: string[] } {
  if (Deno.build.standalone) return { command: Deno.execPath(), args: [] };
  const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
  return { command: Deno.execPath(), args: ["run", "--quiet", "--no-prompt", "--allow-all", main] };
}
