import { oneLine, textWidth } from "./table.ts";

/** Breaks a text into lines of a terminal. Words that are longer than a line (paths, addresses) stay whole, and line ends of the
 * text stay where they are.
 * @param width columns, the indent included */
export function wrap(text: string, width: number, indent = ""): string[] {
  const lines: string[] = [];
  for (const paragraph of text.trim().split(/\r?\n/)) {
    let line = "";
    for (const word of oneLine(paragraph).split(/\s+/).filter((word) => word !== "")) {
      if (line !== "" && textWidth(indent + line + " " + word) > width) {
        lines.push(indent + line);
        line = word;
      } else line += line === "" ? word : ` ${word}`;
    }
    if (line !== "") lines.push(indent + line);
  }
  return lines;
}
