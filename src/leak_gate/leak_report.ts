import { type ArchiveScan, MAX_LEAKS } from "./scan_archive.ts";

/** The file of places, as JSON text.
 * @param failure why the archive could not be read through, where that is so
 * @param archive name of the file that is held back */
export function leakReport(archive: string, checkedAt: Date, scan: ArchiveScan | undefined, failure?: string): string {
  const report = {
    schemaVersion: 1,
    archive,
    checkedAt: checkedAt.toISOString(),
    failure,
    leakCount: scan?.leakCount ?? 0,
    truncated: (scan?.leakCount ?? 0) > MAX_LEAKS ? { limit: `${MAX_LEAKS} places` } : undefined,
    leaks: scan?.leaks ?? [],
  };
  return JSON.stringify(report, null, 2) + "\n";
}
