import { fromUnicode } from "../latin1.ts";

/** A path to values in YAML and JSON: names, list indexes and `*`, joined by dots. */
export class StructurePath {
  readonly steps: readonly string[];

  constructor(path: string) {
    this.steps = path.split(".").map(fromUnicode);
  }

  /** Whether a step (of text in one character per byte) leads to this key of a map or index of a list. */
  static leadsTo(step: string, key: string | number): boolean {
    return step === "*" || step === String(key);
  }
}
