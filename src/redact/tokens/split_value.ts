/** A hidden text in three parts: what a token stands for, and what may stay around it. */
export interface SplitValue {
  /** Blanks, the word in front of a credential (`Bearer `), an opening quote. */
  lead: string;
  value: string;
  /** The closing quote, blanks. */
  tail: string;
}

// Not \s: of text in one character per byte, U+00A0 is a part of a letter.
const BLANKS_BEFORE = /^[ \t\r\n\f\v]+/;
const WORD = /^(?:Bearer |Basic |Token |API_KEY=|PASSWORD=|SECRET=)/;
const ONLY_AROUND = /^(?:[ \t\r\n\f\v"'`]|(?:Bearer|Basic|Token) |(?:API_KEY|PASSWORD|SECRET)=)*$/;

/** Makes the same value of what differs only in what is around it, so that it gets the same token. What is taken off says
 * nothing about the value and stays in the text: put back, a token gives the text as it was, to the byte. */
export function splitValue(text: string): SplitValue {
  let start = BLANKS_BEFORE.exec(text)?.[0].length ?? 0;
  let end = text.length;
  while (end > start && " \t\r\n\f\v".includes(text[end - 1]!)) end--;
  start += WORD.exec(text.slice(start, Math.min(end, start + 10)))?.[0].length ?? 0;
  if (end - start >= 2 && /["'`]/.test(text[start]!) && text[start] === text[end - 1]) {
    start++;
    end--;
  }
  return { lead: text.slice(0, start), value: text.slice(start, end), tail: text.slice(end) };
}

/** True for a short text of which {@linkcode splitValue} would leave nothing. */
export function isOnlyAround(text: string): boolean {
  return text.length <= 100 && ONLY_AROUND.test(text);
}
