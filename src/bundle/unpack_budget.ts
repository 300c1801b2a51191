import { formatSize } from "../core/size.ts";
import { ArchiveError } from "./archive_error.ts";

export interface UnpackLimits {
  /** All that is unpacked. */
  bytes: number;
  /** Unpacked bytes for one packed byte … */
  ratio: number;
  /** … once so many are unpacked: a small file of one repeated line is no bomb. */
  ratioFromBytes: number;
}

/** What an archive may unpack to, with the archives in it: a few kilobytes can become as many gigabytes. */
export class UnpackBudget {
  #packed = 0;
  #unpacked = 0;

  constructor(readonly limits: UnpackLimits) {}

  /** Counts bytes of the outermost archive as they are read. */
  packed(bytes: number): void {
    this.#packed += bytes;
  }

  /** Counts bytes that came out of a compressed file, at any depth.
   * @throws {ArchiveError} ARCHIVE_LIMIT */
  unpacked(bytes: number): void {
    this.#unpacked += bytes;
    const { bytes: most, ratio, ratioFromBytes } = this.limits;
    if (this.#unpacked > most) throw ArchiveError.limit(`it unpacks to more than ${formatSize(most)}`);
    if (this.#unpacked > ratioFromBytes && this.#unpacked > this.#packed * ratio) {
      throw ArchiveError.limit(`it unpacks to more than ${ratio} times its size`);
    }
  }
}
