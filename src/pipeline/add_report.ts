import { missing, textEntry } from "../bundle/entry.ts";
import { describeError } from "../core/errors.ts";
import { renderReport } from "../report/render_report.ts";
import type { ReportInput } from "../report/report_data.ts";
import { BUNDLE_PATHS } from "./bundle_files.ts";
import type { BundleWriter } from "./bundle_writer.ts";

/** Adds the page that tells what is in the bundle. It is no reason for a run to fail: where it cannot be made, it is missing
 * like any other file.
 * @throws {DiskError} when it cannot be written
 * @param render of tests */
export async function addReport(
  writer: BundleWriter,
  input: Omit<ReportInput, "filesAt">,
  render = renderReport,
): Promise<void> {
  const { report } = BUNDLE_PATHS;
  let page: string;
  try {
    page = await render({ ...input, filesAt: "./" });
  } catch (error) {
    await writer.add(
      missing(report, "failed", `the page could not be made: ${describeError(error)}`),
      "support-bundle",
    );
    return;
  }
  await writer.add(textEntry(report, page), "support-bundle");
}
