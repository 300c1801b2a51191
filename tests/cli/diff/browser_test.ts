import { deepStrictEqual, equal } from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { htmlReport } from "../../../src/cli/diff/html_report.ts";
import { differenceOf } from "../../diff/made_bundle.ts";
import { accessibilityViolations, scrollsSideways, startBrowser, TEST_CHROMIUM } from "../../fixtures/browser.ts";
import { NEW, OLD } from "./two_bundles.ts";

/** A folder for pictures of what was tested, for whoever wants to look. */
const SHOTS = Deno.env.get("TEST_SHOTS");

Deno.test({
  name:
    "the page of diff is readable in a real browser: light and dark, wide and narrow, without a request or an error",
  ignore: TEST_CHROMIUM === undefined,
  // The browser is driven through Node's streams, which Deno closes a moment later.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "diff-page-" });
    const url = pathToFileURL(join(folder, "diff.html")).href;
    await Deno.writeTextFile(join(folder, "diff.html"), htmlReport(await differenceOf(OLD, NEW), true));
    await using browser = await startBrowser();
    try {
      for (const colorScheme of ["light", "dark"] as const) {
        for (const width of [390, 1280]) {
          const viewport = { width, height: 900 };
          await using opened = await browser.open(url, { colorScheme, viewport, bypassCSP: true });
          for (const folded of await opened.page.locator("summary").all()) await folded.click();
          deepStrictEqual(await accessibilityViolations(opened.page), [], `${colorScheme}, ${width}`);
          equal(await scrollsSideways(opened.page), false, `${width} scrolls sideways`);
          deepStrictEqual([opened.requests, opened.errors], [[url], []]);
          const shot = `diff-${colorScheme}-${width}.png`;
          if (SHOTS) await opened.page.screenshot({ path: join(SHOTS, shot), fullPage: true });
        }
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
