/** Where the detached signature of an archive may be: beside it. */
export function signaturePaths(archive: string): string[] {
  return [`${archive}.sig`, `${archive}.minisig`];
}
