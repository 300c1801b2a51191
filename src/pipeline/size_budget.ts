import { formatSize } from "../core/size.ts";

/** How much a run may write. Bytes after redaction; 0: no limit. */
export interface SizeLimits {
  file: number;
  collector: number;
  bundle: number;
}

/** Far above what healthy clusters give, far below what fills a disk. */
export const DEFAULT_SIZE_LIMITS: SizeLimits = { file: 250e6, collector: 1e9, bundle: 2e9 };

/** How much may still be written: of the bundle, of a collector in it, of a file of that. What one takes, those above it
 * have given. Collectors that run side by side take from one bundle. */
export class SizeBudget {
  /** Something did not fit, and this was why. */
  reached = false;
  #left: number;

  /** @param bytes 0: no limit of its own */
  private constructor(readonly flag: string, readonly bytes: number, readonly parent?: SizeBudget) {
    this.#left = bytes > 0 ? bytes : Infinity;
  }

  static ofBundle(bytes: number): SizeBudget {
    return new SizeBudget("--max-bundle-size", bytes);
  }

  ofCollector(bytes: number): SizeBudget {
    return new SizeBudget("--max-collector-size", bytes, this);
  }

  ofFile(bytes: number): SizeBudget {
    return new SizeBudget("--max-file-size", bytes, this);
  }

  /** Bytes that fit. */
  get room(): number {
    return Math.max(0, Math.min(this.#left, this.parent?.room ?? Infinity));
  }

  /** The one that leaves the least room: of several, the widest, since the others may have room again. */
  get tightest(): SizeBudget {
    const above = this.parent?.tightest;
    return above !== undefined && above.#left <= this.#left ? above : this;
  }

  /** The budget at which nothing more can be added, if there is one. That of a single file stops nobody. */
  get over(): SizeBudget | undefined {
    return this.reached ? this : this.parent?.over;
  }

  take(bytes: number): void {
    this.#left -= bytes;
    this.parent?.take(bytes);
  }

  giveBack(bytes: number): void {
    this.take(-bytes);
  }

  /** `250 MB (--max-file-size)` */
  toString(): string {
    return `${formatSize(this.bytes)} (${this.flag})`;
  }
}

/** Something is not in the bundle, since there was no room for it. */
export class TooLargeError extends Error {
  /** @param budget the one that was reached */
  constructor(readonly budget: SizeBudget, message: string) {
    super(message);
    this.name = "TooLargeError";
  }
}
