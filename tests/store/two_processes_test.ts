import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { withNextRun } from "../../src/schedule/apply_firing.ts";
import { sampleJob } from "../contracts/job_store_contract.ts";
import { openEmbeddedStore } from "./embedded_store.ts";

const child = fileURLToPath(new URL("fire_all_child.ts", import.meta.url));
const config = fileURLToPath(new URL("../../deno.json", import.meta.url));

function start(path: string, now: Date) {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "--config", config, child, path, now.toISOString()],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (done: () => boolean) => {
    while (!done()) {
      const { value, done: ended } = await reader.read();
      if (ended) throw new Error(`the process ended early: ${text}`);
      text += value;
    }
  };
  return {
    ready: () => until(() => text.includes("ready\n")),
    async go() {
      const stdin = process.stdin.getWriter();
      await stdin.write(new TextEncoder().encode("go\n"));
      await stdin.close();
    },
    async answers(): Promise<Record<"created" | "exists" | "gone" | "claimed", number>> {
      await until(() => /\}\n/.test(text));
      await reader.cancel();
      strictEqual((await process.status).code, 0);
      return JSON.parse(text.slice(text.indexOf("{")));
    },
  };
}

Deno.test("fire() and claimLease() by processes that share a file let one of them win each slot", async () => {
  const { store, path, dispose } = await openEmbeddedStore();
  try {
    const now = new Date("2026-03-02T12:00:00Z");
    const before = new Date(now.getTime() - 1);
    for (let i = 0; i < 60; i++) await store.createJob(withNextRun(sampleJob({ schedules: ["0 12 * * *"] }), before));

    const daemons = [start(path, now), start(path, now), start(path, now)];
    await Promise.all(daemons.map((daemon) => daemon.ready()));
    await Promise.all(daemons.map((daemon) => daemon.go()));
    const answers = await Promise.all(daemons.map((daemon) => daemon.answers()));

    const sum = (name: "created" | "exists" | "gone" | "claimed") => answers.reduce((n, a) => n + a[name], 0);
    deepStrictEqual([sum("created"), sum("exists"), sum("gone"), sum("claimed")], [60, 120, 0, 60]);
    strictEqual((await store.listExecutions()).length, 60);
    for (const job of await store.listJobs()) {
      strictEqual(job.runCount, 1);
      strictEqual(job.nextRun, "2026-03-03T12:00:00.000Z");
    }
    ok((await store.dueJobs(now)).length === 0);
  } finally {
    await dispose();
  }
});
