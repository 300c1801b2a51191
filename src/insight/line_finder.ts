import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  OPEN_ARRAY,
  OPEN_OBJECT,
  parseJson,
  skipBlanks,
  valueEnd,
  walkArray,
  walkObject,
} from "../core/json_scan.ts";

const LF = 10;

/** Finds the lines of a JSON file on which the objects of its list, and what is in them, begin. */
export class LineFinder {
  readonly #bytes: Uint8Array;
  /** Where each object of the list begins, and on which line. */
  readonly #starts: number[] = [];
  readonly #lines: number[] = [];

  /** @param bytes a list as bundles have them: an object with `items`, an array, or one object alone */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    try {
      this.#index();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }

  get bytes(): number {
    return this.#bytes.length;
  }

  /** The line, from 1, of what lies below these keys of an object of the list: of the nearest thing above it where it does
   * not exist.
   * @returns undefined when there is no such object */
  line(index: number, keys: readonly (string | number)[] = []): number | undefined {
    const start = this.#starts[index];
    if (start === undefined) return undefined;
    let at = start;
    for (const key of keys) {
      const next = this.#child(at, key);
      if (next === undefined) break;
      at = next;
    }
    return this.#lines[index]! + countLines(this.#bytes, start, at);
  }

  #index(): void {
    const bytes = this.#bytes;
    const root = skipBlanks(bytes, 0);
    const items = bytes[root] === OPEN_OBJECT ? this.#child(root, "items") : root;
    if (items === undefined) {
      this.#starts.push(root);
      this.#lines.push(1 + countLines(bytes, 0, root));
      return;
    }
    if (bytes[items] !== OPEN_ARRAY) return;
    let line = 1, counted = 0;
    walkArray(bytes, items, (start) => {
      line += countLines(bytes, counted, start);
      counted = start;
      this.#starts.push(start);
      this.#lines.push(line);
      return valueEnd(bytes, start);
    });
  }

  /** Where the value of a key, or an element, begins. */
  #child(at: number, key: string | number): number | undefined {
    const bytes = this.#bytes;
    let found: number | undefined;
    if (typeof key === "number") {
      if (bytes[at] !== OPEN_ARRAY || bytes[skipBlanks(bytes, at + 1)] === CLOSE_ARRAY) return undefined;
      let index = 0;
      walkArray(bytes, at, (start) => {
        if (index++ === key) found = start;
        return valueEnd(bytes, start);
      });
      return found;
    }
    if (bytes[at] !== OPEN_OBJECT || bytes[skipBlanks(bytes, at + 1)] === CLOSE_OBJECT) return undefined;
    walkObject(bytes, at, (keyStart, keyEnd, valueStart) => {
      if (found === undefined && parseJson(bytes, keyStart, keyEnd) === key) found = valueStart;
      return valueEnd(bytes, valueStart);
    });
    return found;
  }
}

function countLines(bytes: Uint8Array, from: number, to: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(LF, from); at >= 0 && at < to; at = bytes.indexOf(LF, at + 1)) lines++;
  return lines;
}
