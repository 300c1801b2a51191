import { stripVTControlCharacters } from "node:util";

/** Control characters, and those that show nothing or turn the direction of what follows: with them a text looks like another. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\u{fe00}-\u{fe0f}]/gu;

/** A text of somebody else, safe to print: no escape sequences, no characters that are not seen, no pictures of Markdown, which
 * a viewer would load from where they say; links show where they lead. Line feeds stay.
 * @param max in code points; what is cut ends in `…` */
export function plainText(text: string, max: number): string {
  // The work is bounded too, whatever comes.
  const bounded = text.slice(0, max * 4);
  const plain = stripVTControlCharacters(bounded.replaceAll(/\r\n?/g, "\n").replaceAll("\t", " "))
    .toWellFormed()
    .replaceAll(UNSEEN, "")
    .replaceAll(/!\[([^\]\n]{0,200})\]\([^)\n]{0,2000}\)/g, "$1")
    .replaceAll(/\[([^\]\n]{1,200})\]\(([^)\s]{1,2000})\)/g, "$1 ($2)")
    .replaceAll(/\n\s*\n\s*\n/g, "\n\n")
    .trim();
  const points = [...plain];
  return points.length <= max && bounded.length === text.length ? plain : points.slice(0, max - 1).join("") + "…";
}
