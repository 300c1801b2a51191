import type { CliContext } from "../cli_context.ts";
import { cut, oneLine } from "./table.ts";

const EVERY_MS = 100;

/** One line on a terminal that says what is being done. */
export function progressLine(cli: CliContext, wanted: boolean): { show?: (text: string) => void; clear(): void } {
  if (!wanted || !cli.stderr.isTerminal) return { clear() {} };
  let shownAt = -Infinity;
  return {
    show(text) {
      const now = cli.clock.now().getTime();
      if (now - shownAt < EVERY_MS) return;
      shownAt = now;
      cli.stderr.write(`\r\x1b[2K${cut(oneLine(text), cli.stderr.columns - 1)}`);
    },
    clear: () => void cli.stderr.write("\r\x1b[2K"),
  };
}
