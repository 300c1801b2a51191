/** One kind of secret that the gate knows by its shape. A file in `detectors/` defines it; a line in `registry.ts` makes it
 * known. */
export interface Detector {
  /** What reports call it. */
  id: string;
  /** Literals, one of which is in each secret of this kind or right before it: in lower case, three bytes or more, compared
   * without case. */
  anchors: readonly string[];
  /** Looks at the place of an anchor.
   * @param text one character per byte, with {@linkcode LOOK_BEHIND} and {@linkcode LOOK_AHEAD} bytes around the anchor
   * as far as the file has them
   * @returns where the secret is; undefined when there is none */
  find(text: string, at: number): Span | undefined;
}

export interface Span {
  start: number;
  end: number;
}

/** What a detector may look at before its anchor, and from its anchor on. Bytes. */
export const LOOK_BEHIND = 2048;
export const LOOK_AHEAD = 8192;

/** What a sticky pattern matches at a place. */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
