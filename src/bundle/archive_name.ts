/** What archives are called at their end, and those that are encrypted with age. */
export const ARCHIVE_SUFFIX = ".tar.gz";
export const ENCRYPTED_SUFFIX = ".tar.gz.age";

/** The name of an archive in two parts. One without such an end gets the usual one. */
export function splitArchiveName(path: string): { stem: string; suffix: string } {
  const suffix = [ENCRYPTED_SUFFIX, ARCHIVE_SUFFIX].find((it) => path.endsWith(it));
  return suffix === undefined
    ? { stem: path, suffix: ARCHIVE_SUFFIX }
    : { stem: path.slice(0, -suffix.length), suffix };
}
