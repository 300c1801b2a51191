import type { Output } from "../cli_context.ts";

type Paint = (text: string) => string;

/** Colors for one output; each returns the text as it is where the output is no terminal or `NO_COLOR` is set.
 * @see https://no-color.org */
export interface Colors {
  red: Paint;
  yellow: Paint;
  green: Paint;
  dim: Paint;
  bold: Paint;
}

export function colorsFor(output: Output, env: Readonly<Record<string, string>>): Colors {
  const on = output.isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
  const paint = (open: number, close: number): Paint => on ? (text) => `\x1b[${open}m${text}\x1b[${close}m` : (t) => t;
  return { red: paint(31, 39), yellow: paint(33, 39), green: paint(32, 39), dim: paint(2, 22), bold: paint(1, 22) };
}

/** The color of a status of a job, an execution or a stage. */
export function statusPaint(status: string, colors: Colors): Paint {
  switch (status) {
    case "completed":
    case "ok":
      return colors.green;
    case "failed":
    case "quarantined":
      return colors.red;
    case "partial":
    case "retrying":
    case "cancelled":
      return colors.yellow;
    case "disabled":
    case "skipped":
      return colors.dim;
    default:
      return (text) => text;
  }
}
