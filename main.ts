import { runCli } from "./src/cli/run_cli.ts";
import { systemRuntime } from "./src/cli/system_runtime.ts";

Deno.exit(await runCli(Deno.args, systemRuntime()));
