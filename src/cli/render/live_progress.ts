import type { PipelineEvent } from "../../pipeline/report.ts";
import type { CliContext } from "../cli_context.ts";
import { cut, oneLine } from "./table.ts";

/** Shows what a run does, on standard error: one line that is redrawn, or with `debug` one line an event. */
export interface LiveProgress {
  show(event: PipelineEvent): void;
  /** Takes the redrawn line away. Twice is harmless. */
  clear(): void;
}

export function liveProgress(cli: CliContext, mode: { live: boolean; debug: boolean }): LiveProgress {
  let shown = false;
  let stopping = false;
  const clear = () => {
    if (shown) cli.stderr.write("\r\x1b[2K");
    shown = false;
  };
  return {
    clear,
    show(event) {
      const line = describeEvent(event);
      if (line === undefined) return;
      if (mode.debug) return void cli.stderr.write(`${cli.clock.now().toISOString()} ${line}\n`);
      if (!mode.live || event.type !== "progress") return;
      if (cli.signal.aborted && !stopping) {
        clear();
        cli.stderr.write("Finishing the bundle with what was gathered; Ctrl-C again drops it\n");
        stopping = true;
      }
      cli.stderr.write(`\r\x1b[2K${cut(line, cli.stderr.columns - 1)}`);
      shown = true;
    },
  };
}

/** One line for an event; undefined for those that are shown elsewhere. */
export function describeEvent(event: PipelineEvent): string | undefined {
  switch (event.type) {
    case "progress": {
      const count = event.total === undefined || event.total === 0
        ? ""
        : event.stage === "upload"
        ? ` ${Math.round((event.done ?? 0) / event.total * 100)} %`
        : ` [${event.done ?? 0}/${event.total}]`;
      return oneLine(`${event.stage}${count} ${event.subject}: ${event.message}`);
    }
    case "log":
      return oneLine(`${event.level} ${event.component}: ${event.message}`);
    case "stage":
      return oneLine(
        `${event.outcome.stage}: ${event.outcome.status} in ${event.outcome.durationMs} ms${
          event.outcome.message ? `, ${event.outcome.message}` : ""
        }`,
      );
    case "report":
    case "delivery":
      return undefined;
  }
}
