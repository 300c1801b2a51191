import type { Detector, Span } from "./detector.ts";
import { Literals } from "./literals.ts";
import { WordProbe } from "./word_probe.ts";

/** Detectors with one probe for the anchors of all of them, made once and used for every file. */
export class DetectorSet {
  readonly #detectors: readonly Detector[];
  readonly #probe: WordProbe;
  /** Number of the detector that each anchor calls for. */
  readonly #called: number[] = [];

  constructor(detectors: readonly Detector[]) {
    this.#detectors = detectors;
    detectors.forEach(({ anchors }, number) => this.#called.push(...anchors.map(() => number)));
    this.#probe = new WordProbe(Literals.of(detectors.flatMap(({ anchors }) => anchors)));
  }

  /** Looks at every anchor that begins in `from` to `to`.
   * @param text of the bytes, one character each; asked for only where there is an anchor
   * @param found told the id of the detector, its rank (the surer, the lower) and where it found something */
  find(
    bytes: Uint8Array,
    from: number,
    to: number,
    text: () => string,
    found: (what: string, rank: number, span: Span) => void,
  ): void {
    this.#probe.probe(bytes, from, to, (anchor, at) => {
      const rank = this.#called[anchor]!;
      const detector = this.#detectors[rank]!;
      const span = detector.find(text(), at);
      if (span !== undefined) found(detector.id, rank, span);
    });
  }
}
