import type { Leak } from "./leak.ts";
import { type LayerSink, type Place, TextScanner, type TextScannerOptions } from "./text_scanner.ts";

type Layer = NonNullable<Leak["inside"]>[number];

/** A leak of the file at hand. */
export interface FileLeak extends Place {
  what: string;
  inside: Layer[];
}

/** What a run of base64 holds packed, to be looked into. */
export interface PackedRun {
  bytes: Uint8Array[];
  place: Place;
  inside: Layer[];
}

const MAX_DEPTH = 3;
/** Of one packed run; what lies beyond is not unpacked. */
const MAX_PACKED_BYTES = 16 << 20;

/** Looks for secrets in text, and in the text that its base64 stands for, down to base64 in base64 in base64. */
export class LayeredScanner {
  readonly #scanner: TextScanner;
  readonly #make: () => LayeredScanner | undefined;
  #inner: LayeredScanner | undefined;
  #leaks: FileLeak[] = [];
  #packed: PackedRun[] = [];

  constructor(options: Omit<TextScannerOptions, "layer">, depth = 0) {
    this.#make = () => depth < MAX_DEPTH ? new LayeredScanner(options, depth + 1) : undefined;
    this.#scanner = new TextScanner({
      ...options,
      layer: (content) => content === "text" ? this.#textLayer() : this.#packedLayer(),
    });
  }

  push(bytes: Uint8Array): void {
    this.#scanner.push(bytes);
  }

  /** Ends the file. Another one may follow. */
  end(): FileLeak[] {
    const found: FileLeak[] = this.#scanner.end().map((it) => ({ ...it, inside: [] }));
    const inLayers = this.#leaks.filter((leak) => !found.some((it) => it.what === leak.what && overlap(it, leak)));
    this.#leaks = [];
    return [...found, ...inLayers];
  }

  /** What there is to unpack since it was asked last. */
  takePacked(): PackedRun[] {
    const packed = this.#packed;
    this.#packed = [];
    return packed;
  }

  #textLayer(): LayerSink | undefined {
    const inner = this.#inner ??= this.#make();
    if (inner === undefined) return undefined;
    return {
      push: (bytes) => inner.push(bytes),
      end: (place) => {
        const kinds = new Map(inner.end().map(({ what, inside }) => [what + inside, { what, inside }]));
        for (const { what, inside } of kinds.values()) {
          this.#leaks.push({ ...place, what, inside: ["base64", ...inside] });
        }
        for (const { bytes, inside } of inner.takePacked()) {
          this.#packed.push({ bytes, place, inside: ["base64", ...inside] });
        }
      },
    };
  }

  #packedLayer(): LayerSink {
    const bytes: Uint8Array[] = [];
    let held = 0;
    return {
      push: (piece) => {
        held += piece.length;
        if (held <= MAX_PACKED_BYTES) bytes.push(piece);
      },
      end: (place) => this.#packed.push({ bytes, place, inside: ["base64"] }),
    };
  }
}

function overlap(a: Place, b: Place): boolean {
  return a.line === b.line && a.column < b.column + b.length && b.column < a.column + a.length;
}
