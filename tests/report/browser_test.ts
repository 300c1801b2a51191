import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { renderReport } from "../../src/report/render_report.ts";
import { accessibilityViolations, scrollsSideways, startBrowser, TEST_CHROMIUM } from "../fixtures/browser.ts";
import { event, HOSTILE, pod, sampleReport } from "./sample_report.ts";

/** A folder for pictures of what was tested, for whoever wants to look. */
const SHOTS = Deno.env.get("TEST_SHOTS");

const wide = { width: 1280, height: 900 };
const LONG = "x".repeat(253);
const narrow = { width: 390, height: 844 };

Deno.test({
  name: "report in a real browser",
  ignore: TEST_CHROMIUM === undefined,
  // The browser is driven through Node's streams, which Deno closes a moment later.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const folder = await Deno.makeTempDir();
    await using stack = new AsyncDisposableStack();
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const path = join(folder, "report.html");
    await Deno.writeTextFile(path, await renderReport(sampleReport()));
    const url = pathToFileURL(path).href;
    const browser = stack.use(await startBrowser());

    for (const colorScheme of ["light", "dark"] as const) {
      for (const viewport of [wide, narrow]) {
        await t.step(`${colorScheme}, ${viewport.width} px: fits, loads nothing, complains about nothing`, async () => {
          await using opened = await browser.open(url, { colorScheme, viewport });
          const { page } = opened;
          if (SHOTS) {
            await page.screenshot({ path: `${SHOTS}/report-${colorScheme}-${viewport.width}.png`, fullPage: true });
          }
          for (const summary of await page.locator("summary").all()) await summary.click();
          strictEqual(await scrollsSideways(page), false);
          deepStrictEqual([opened.errors, opened.requests.filter((url) => !url.startsWith("data:"))], [[], [url]]);
          const background = await page.evaluate("getComputedStyle(document.body).backgroundColor");
          strictEqual(background, colorScheme === "dark" ? "rgb(15, 20, 26)" : "rgb(255, 255, 255)");
        });
        await t.step(`${colorScheme}, ${viewport.width} px: is accessible, what is folded too`, async () => {
          await using opened = await browser.open(url, { colorScheme, viewport, bypassCSP: true });
          deepStrictEqual(await accessibilityViolations(opened.page), []);
          for (const summary of await opened.page.locator("summary").all()) await summary.click();
          deepStrictEqual(await accessibilityViolations(opened.page), []);
        });
      }
    }

    for (const width of [320, 600, 768, 900, 1920]) {
      await t.step(`fits into ${width} px, all unfolded, with names as long as they may be`, async () => {
        const long = sampleReport();
        const findings = long.findings!.map((finding) => ({ ...finding, title: LONG, cause: LONG, message: LONG }));
        const events = [event(1, ["Warning", LONG, LONG, LONG])];
        const pods = [pod(LONG, { phase: "Failed", reason: LONG }, { namespace: LONG, image: LONG })];
        const files = {
          [`cluster-resources/events/${LONG}.json`]: { items: events },
          [`cluster-resources/pods/${LONG}.json`]: { items: pods },
        };
        const path = join(folder, "long.html");
        await Deno.writeTextFile(path, await renderReport({ ...sampleReport(files), findings, name: LONG }));
        await using opened = await browser.open(pathToFileURL(path).href, { viewport: { width, height: 900 } });
        const { page } = opened;
        await page.evaluate("document.querySelectorAll('details').forEach((fold) => fold.open = true)");
        strictEqual(await scrollsSideways(page), false);
      });
    }

    await t.step("says what is wrong first, and shows every part", async () => {
      await using opened = await browser.open(url, { viewport: wide });
      const { page } = opened;
      strictEqual((await page.textContent("h1"))!.trim(), "2 problems, 1 warning");
      deepStrictEqual(await page.locator("h2").allTextContents(), [
        "Findings",
        "Cluster at a glance",
        "Timeline",
        "Missing, and why",
        "What was redacted",
      ]);
      const figures = await page.locator(".figures div").evaluateAll((divs) =>
        divs.map((div) => [...div.children].map(({ textContent }) => textContent!.trim()).join(": "))
      );
      deepStrictEqual(figures, [
        "Problems: 2",
        "Warnings: 1",
        "Passed: 3",
        "Unanswered: 2",
        "Nodes ready: 2 of 3",
        "Pods not well: 4 of 25",
        "Missing: 4",
        "Values hidden: 345",
      ]);
    });

    await t.step("the picture of the timeline is told in words, and its rows in a table", async () => {
      await using opened = await browser.open(url, { viewport: wide });
      const { page } = opened;
      const told = await page.locator(".timeline svg[role=img]").evaluateAll((all) =>
        all.map((svg) => svg.getAttribute("aria-label")!.split(",")[0])
      );
      deepStrictEqual(told, [
        "Warnings: 7 in this time",
        "Containers ended: 2 in this time",
        "Other events: 24 in this time",
      ]);
      strictEqual(await page.locator(".timeline rect").count(), 33);
      const first = await page.locator("section[aria-labelledby=timeline] tbody tr").first().innerText();
      ok(/08:27:00\s+OOMKilled × 41\s+Pod shop\/web-2\s+Container main ended with exit code 137/.test(first), first);
    });

    await t.step("shows hostile names and messages as the text that they are", async () => {
      await using opened = await browser.open(url, { viewport: wide });
      const { page } = opened;
      const shown = HOSTILE.replace("\u202e", "\ufffd");
      strictEqual((await page.locator(".card h4").nth(1).textContent())!.trim(), shown);
      strictEqual((await page.locator(".card .message").nth(1).textContent())!.trim(), shown);
      strictEqual(await page.evaluate("document.querySelectorAll('script, img, [onfocus], [onerror]').length"), 0);
    });

    await t.step("links lead to files of the unpacked bundle, and nowhere else", async () => {
      await using opened = await browser.open(url, { viewport: wide });
      const hrefs = await opened.page.locator("a.file").evaluateAll((all) =>
        all.map((a) => (a as unknown as { href: string }).href)
      );
      const root = new URL("./", url).href;
      ok(hrefs.length > 20 && hrefs.every((href) => href.startsWith(root)), hrefs.join("\n"));
      ok(hrefs.includes(`${root}cluster-resources/pods/shop.json`));
    });

    await t.step("can be used with the keyboard alone", async () => {
      await using opened = await browser.open(url, { viewport: wide });
      const { page } = opened;
      const focused = () => page.evaluate("document.activeElement.textContent.trim().replace(/\\s+/g, ' ')");
      await page.keyboard.press("Tab");
      strictEqual(await focused(), "Skip to the findings");
      ok(await page.locator("a.skip").isVisible());
      await page.keyboard.press("Enter");
      strictEqual(await page.evaluate("document.activeElement.id"), "findings");
      await page.keyboard.press("Tab");
      strictEqual(await focused(), "Read on: https://example.com/runbooks/out-of-memory");
      await page.keyboard.press("Shift+Tab");
      strictEqual(await focused(), "Redacted 345");
      const folded = page.locator("summary", { hasText: "Show the 3 checks that passed" });
      await folded.focus();
      await page.keyboard.press("Enter");
      ok(await page.locator(".passed li").first().isVisible());
    });

    await t.step("prints what is folded, and no navigation", async () => {
      await using opened = await browser.open(url, { viewport: wide, colorScheme: "dark" });
      const { page } = opened;
      await page.emulateMedia({ media: "print" });
      strictEqual(await page.locator("nav").isVisible(), false);
      const row = page.locator("section[aria-labelledby=timeline] details tbody tr").last();
      ok((await row.evaluate((row) => row.getBoundingClientRect().height)) > 0);
      strictEqual(await page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
      if (SHOTS) await page.screenshot({ path: `${SHOTS}/report-print.png`, fullPage: true });
    });
  },
});
