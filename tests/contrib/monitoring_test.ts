import { deepStrictEqual, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { nudgeDaemon, stopDaemon } from "../../src/daemon/control_client.ts";
import { startDetached } from "../../src/daemon/start_detached.ts";
import { applyRun, newExecution } from "../../src/schedule/apply_firing.ts";
import { openJobStore } from "../../src/store/kv_job_store.ts";
import { sampleJob } from "../daemon/sample_job.ts";
import { temporaryState } from "../daemon/temporary_state.ts";
import { until } from "../daemon/until.ts";
import { SHIPPED_PROMETHEUS, startPrometheus, TEST_PROMETHEUS, TEST_PROMTOOL } from "../fixtures/prometheus_server.ts";

const PROGRAM = fileURLToPath(new URL("../fixtures/daemon/run_daemon.ts", import.meta.url));
const command = { command: Deno.execPath(), args: ["run", "-A", "--quiet", "--unstable-kv", PROGRAM] };
const dashboard = JSON.parse(
  await Deno.readTextFile(new URL("../../contrib/grafana/support-bundle.json", import.meta.url)),
);
const alerts = await Deno.readTextFile(new URL("../../contrib/prometheus/alerts.yml", import.meta.url));

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; instant: boolean }[];
}
const panels: Panel[] = dashboard.panels;

/** As Grafana fills it in when everything is chosen. */
const filledIn = (expr: string) =>
  expr.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*").replaceAll("$job_name", ".*");

const METRIC = /\b(?:troubleshoot_scheduler|process)_\w+/g;
const metricsOf = (text: string) => [...new Set(text.match(METRIC))].toSorted();

Deno.test("dashboard: panels have ids and places of their own", () => {
  deepStrictEqual(new Set(panels.map(({ id }) => id)).size, panels.length);
  const overlapping = panels.filter((a) =>
    panels.some((b) => {
      const [p, q] = [a.gridPos, b.gridPos];
      return a.id < b.id && p.x < q.x + q.w && q.x < p.x + p.w && p.y < q.y + q.h && q.y < p.y + p.h;
    })
  );
  deepStrictEqual(overlapping.map(({ title }) => title), []);
});

Deno.test("docs/monitoring.md explains every alert, and no other", async () => {
  const docs = await Deno.readTextFile(new URL("../../docs/monitoring.md", import.meta.url));
  const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name).toSorted();
  deepStrictEqual(names(docs, /^\| `(SupportBundle\w+)` \|/gm), names(alerts, /- alert: (\w+)/g));
});

for (
  const args of [["check", "rules", "alerts.yml"], ["check", "config", "prometheus.yml"], [
    "test",
    "rules",
    "alerts_test.yml",
  ]]
) {
  Deno.test({
    name: `promtool ${args.join(" ")}`,
    ignore: TEST_PROMTOOL === undefined,
    fn: async () => {
      const { success, stdout, stderr } = await new Deno.Command(TEST_PROMTOOL!, { args, cwd: SHIPPED_PROMETHEUS })
        .output();
      ok(success, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
    },
  });
}

Deno.test({
  name: "a real Prometheus scrapes a real daemon, evaluates the alerts, and has what the dashboard asks for",
  ignore: TEST_PROMETHEUS === undefined || Deno.build.os === "windows",
  // A background process must not be one that this test waits for.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using stack = new AsyncDisposableStack();
    const state = stack.use(await temporaryState());
    await Deno.writeTextFile(state.configFile, "metricsPort: 0\nhealthCheckPort: 0\n");
    const store = stack.adopt(await openJobStore({ path: state.store }), (it) => it.close());
    stack.defer(async () => void await stopDaemon(state, { timeoutMs: 60_000 }));
    const daemon = await startDetached(state, { command, timeoutMs: 60_000 });
    for (const mode of ["ok", "permanent"]) {
      const job = sampleJob({
        id: `job-${mode}`,
        name: mode,
        specFiles: [`fake:${mode}`],
        schedules: ["0 2 * * *"],
        nextRun: new Date(Date.now() + 3_600_000).toISOString(),
      });
      await store.createJob(job);
      const execution = newExecution(job, new Date(), "manual");
      await store.fire(job.id, execution, applyRun);
      await nudgeDaemon(state);
      await until(`the end of ${mode}`, async () => (await store.getExecution(execution.id))?.endTime);
    }
    const prometheus = await startPrometheus(`127.0.0.1:${daemon.ports.metrics}`);
    stack.defer(() => prometheus.stop());

    const [target] = await until("the target to be up", async () => {
      const { activeTargets } = await prometheus.api("targets");
      return activeTargets[0]?.health === "up" && activeTargets;
    });
    deepStrictEqual([target.labels.job, target.lastError], ["support-bundle", ""]);

    const groups = await until("the rules to be evaluated", async () => {
      const { groups } = await prometheus.api("rules");
      return groups.every((group: { rules: { health: string }[] }) =>
        group.rules.every(({ health }) => health !== "unknown")
      ) && groups;
    });
    const rules: { name: string; health: string; lastError?: string }[] = groups.flatMap(
      (group: { rules: unknown[] }) => group.rules,
    );
    deepStrictEqual(rules.filter(({ health }) => health !== "ok"), []);
    const firing = await until("an alert", async () => {
      const { alerts } = await prometheus.api("alerts");
      const firing = alerts.filter(({ state }: { state: string }) => state === "firing");
      return firing.length > 0 && firing;
    });
    deepStrictEqual(
      firing.map(({ labels }: { labels: Record<string, string> }) => [labels.alertname, labels.job_name]),
      [
        ["SupportBundleJobFailing", "permanent"],
      ],
    );

    const served: string[] = await prometheus.api("label/__name__/values");
    const queries = panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr, instant }) => ({ title, expr, instant }))
    );
    deepStrictEqual(
      metricsOf(alerts + queries.map(({ expr }) => expr).join("\n")).filter((name) => !served.includes(name)),
      [],
    );
    for (const { title, expr, instant } of queries) {
      const { result } = await prometheus.api("query", { query: filledIn(expr) });
      if (instant) ok(result.length > 0, `${title}: ${expr} has no data`);
    }
    for (const { name, query } of dashboard.templating.list) {
      const label = /^label_values\((\w+), (\w+)\)$/.exec(query.query ?? "");
      if (label === null) continue;
      const values = await prometheus.api(`label/${label[2]}/values`, { "match[]": label[1]! });
      ok(values.length > 0, `${name} has values`);
    }
  },
});
