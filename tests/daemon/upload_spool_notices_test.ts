import { deepStrictEqual } from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { Announcer } from "../../src/daemon/announcer.ts";
import { recordingLog } from "./fake_log.ts";
import { sampleJob } from "./sample_job.ts";
import { spoolStage } from "./spool_stage.ts";

const HOOK = { kind: "webhook", url: "https://h.example/x", on: ["failure" as const, "recovery" as const] };

const behaviour: [name: string, refused: boolean, expect: string[][]][] = [
  ["tells that a bundle has arrived that was refused before", true, [["recovery"]]],
  ["is quiet about one that only waited", false, []],
];

for (const [name, refused, expect] of behaviour) {
  Deno.test({
    name: `UploadSpool ${name}`,
    // Children in processes of their own.
    sanitizeResources: false,
    sanitizeOps: false,
    ignore: Deno.build.os === "windows",
    fn: () =>
      spoolStage(async ({ store, clock, state, waits, delivered, another, job }) => {
        const made = await job({ endpoint: `${pathToFileURL(join(state.root, "there"))}/` });
        await store.updateJob(made.id, (it) => ({ ...it, notify: sampleJob({ notify: [HOOK] }).notify }));
        const { id } = await waits(made, 1, { refused, attempts: 1 });
        const sender = { wake() {}, started() {} };
        const announcer = new Announcer({ store, clock, log: recordingLog().log, notifiers: () => ({}), sender });
        const spool = another({ announcer });
        spool.start();
        await delivered(id);
        const pending = await store.pendingNotices();
        const notices = pending.length === 0
          ? []
          : await store.getNotices(pending[0]!.target, pending.map((it) => it.id));
        deepStrictEqual(notices.map(({ message }) => message.events), expect);
        await spool.stop();
      }),
  });
}
