/** Read access to the files of a bundle, for analyzers. No path leads out of it. */
export interface BundleReader {
  /** The file's bytes, or undefined when there is none (or the path leads out of the bundle). Links are followed inside.
   * @throws {FileTooLargeError} beyond what may be read at once */
  read(path: string): Promise<Uint8Array | undefined>;
  /** As `read`, decoded as UTF-8 with replacement characters. */
  readText(path: string): Promise<string | undefined>;
  /** Paths of the files that match a single-level shell glob (`*` and `?` never cross `/`), sorted. */
  find(glob: string): Promise<string[]>;
  /** Of a file, in bytes. Absent where no file can be too large to be read at once. */
  size?(path: string): Promise<number | undefined>;
  /** As `read`, in pieces, however large it is. */
  stream?(path: string): Promise<AsyncIterable<Uint8Array> | undefined>;
}
