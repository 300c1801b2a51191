/** A place in the archive where a secret seems to stand: where, never what. */
export interface Leak {
  /** Bundle path; of a file in an archive in it `archive.tar.gz!/member`, of what a `.gz` holds `file.gz!`. */
  path: string;
  /** From 1. */
  line: number;
  /** From 1, in bytes. */
  column: number;
  /** Id of the detector. */
  what: string;
  /** Bytes. */
  length: number;
  /** What it is packed in at that place, outermost first: line, column and length are then those of the packed text. */
  inside?: ("base64" | "gzip" | "tar")[];
}
