import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { HealthServer } from "../../../src/daemon/health_server.ts";
import { StatusPage } from "../../../src/daemon/status_page/status_page.ts";
import { accessibilityViolations, scrollsSideways, startBrowser, TEST_CHROMIUM } from "../../fixtures/browser.ts";
import { recordingLog } from "../fake_log.ts";
import { busySource } from "./sample_source.ts";

/** A folder for pictures of what was tested, for whoever wants to look. */
const SHOTS = Deno.env.get("TEST_SHOTS");

const wide = { width: 1280, height: 900 };
const narrow = { width: 390, height: 844 };

Deno.test({
  name: "status page in a real browser",
  ignore: TEST_CHROMIUM === undefined,
  // The browser is driven through Node's streams, which Deno closes a moment later.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const page = new StatusPage(busySource());
    const server = new HealthServer({
      address: { hostname: "127.0.0.1", port: 0 },
      log: recordingLog().log,
      ready: {},
      page: (request) => page.answer(request),
    });
    await using stack = new AsyncDisposableStack();
    stack.defer(() => server.stop());
    const url = `http://127.0.0.1:${server.port}/`;
    const browser = stack.use(await startBrowser());

    for (const colorScheme of ["light", "dark"] as const) {
      for (const viewport of [wide, narrow]) {
        await t.step(`${colorScheme}, ${viewport.width} px: fits, loads nothing, complains about nothing`, async () => {
          await using opened = await browser.open(url, { colorScheme, viewport });
          if (SHOTS) {
            await opened.page.screenshot({ path: `${SHOTS}/${colorScheme}-${viewport.width}.png`, fullPage: true });
          }
          deepStrictEqual([opened.errors, opened.requests], [[], [url]]);
          strictEqual(await scrollsSideways(opened.page), false);
          const background = await opened.page.evaluate("getComputedStyle(document.body).backgroundColor");
          strictEqual(background, colorScheme === "dark" ? "rgb(15, 20, 26)" : "rgb(255, 255, 255)");
        });
        await t.step(`${colorScheme}, ${viewport.width} px: is accessible`, async () => {
          await using opened = await browser.open(url, { colorScheme, viewport, bypassCSP: true });
          deepStrictEqual(await accessibilityViolations(opened.page), []);
        });
      }
    }

    await t.step("says what is wrong first, and shows every part", async () => {
      await using opened = await browser.open(url, { viewport: wide });
      strictEqual((await opened.page.textContent("h1"))!.trim(), "2 jobs fail, 1 job is overdue");
      const headings = await opened.page.locator("h2").allTextContents();
      deepStrictEqual(headings, ["Running", "Waiting", "Latest runs", "Jobs", "Executions"]);
      const rows = await opened.page.locator("section[aria-labelledby=jobs] tbody .name").allTextContents();
      deepStrictEqual(rows.slice(0, 1), ["checkout"]);
      deepStrictEqual(rows.slice(2), ["nightly-full", "ingress", "storage", "payments-db", "brand-new", "old"]);
    });

    await t.step("shows hostile names and errors as the text that they are", async () => {
      await using opened = await browser.open(url, { viewport: wide });
      const { page } = opened;
      const names = await page.locator("section[aria-labelledby=jobs] tbody .name").allTextContents();
      strictEqual(names[1], `<script>alert(1)</script><img src=x onerror=alert(2)>" onfocus="alert(3)`);
      deepStrictEqual(
        await page.evaluate("[...document.querySelectorAll('script, img, [onfocus], [onerror]')].length"),
        0,
      );
      ok(await page.locator("h1").isVisible(), "the page's own style holds");
    });

    await t.step("can be used with the keyboard alone", async () => {
      await using opened = await browser.open(url, { viewport: wide });
      const { page } = opened;
      const focused = () => page.evaluate("document.activeElement.textContent.trim()");
      await page.keyboard.press("Tab");
      strictEqual(await focused(), "Skip to the jobs");
      ok(await page.locator("a.skip").first().isVisible());
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      strictEqual(await page.evaluate("document.activeElement.id"), "filter");
      await page.keyboard.type("STOR");
      await page.keyboard.press("Enter");
      await page.waitForURL(/filter=STOR/);
      deepStrictEqual(await page.locator("section[aria-labelledby=jobs] tbody .name").allTextContents(), ["storage"]);
      strictEqual(await page.inputValue("#filter"), "STOR");
    });

    await t.step("a mark of the timeline tells about its run when it has the focus, and leads to it", async () => {
      await using opened = await browser.open(url, { viewport: narrow });
      const { page } = opened;
      const mark = page.locator("svg[aria-label='Latest runs of ingress'] a").first();
      const tip = mark.locator(".tip");
      strictEqual(await tip.isVisible(), false);
      await page.keyboard.press("Tab"); // what follows is as if by keyboard
      await mark.focus();
      strictEqual(await tip.isVisible(), true);
      match((await tip.textContent())!, /^cancelled, due 03-02 07:58, took 1 min$/);
      await page.keyboard.press("Enter");
      await page.waitForURL(/#run-job-ingress-242$/);
      strictEqual((await page.locator("tr:target .badge").textContent())!.trim(), "cancelled");
    });
  },
});
