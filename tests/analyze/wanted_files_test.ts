import { equal } from "node:assert/strict";
import type { Analyzer } from "../../src/analyze/analyzer.ts";
import { clusterPodStatuses } from "../../src/analyze/kinds/cluster/cluster_pod_statuses.ts";
import { deploymentStatus } from "../../src/analyze/kinds/cluster/deployment_status.ts";
import { textAnalyze } from "../../src/analyze/kinds/cluster/text_analyze.ts";
import { memory } from "../../src/analyze/kinds/host/memory.ts";
import { wantedFiles } from "../../src/analyze/wanted_files.ts";

const text = (fileName: string) => ({ collectorName: "app", fileName, regex: "a", outcomes: [] });

const behaviour: [analyzer: Analyzer, fields: object, path: string, wanted: boolean][] = [
  [clusterPodStatuses, {}, "cluster-resources/pods/shop.json", true],
  [clusterPodStatuses, {}, "cluster-resources/pods/logs/shop/web.log", false],
  [clusterPodStatuses, { namespaces: ["shop"] }, "cluster-resources/pods/shop.json", true],
  [clusterPodStatuses, { namespaces: ["shop"] }, "cluster-resources/pods/other.json", false],
  [deploymentStatus, { name: "web", namespace: "shop" }, "cluster-resources/deployments/shop.json", true],
  [deploymentStatus, { name: "web" }, "cluster-resources/deployments/shop.json", false],
  [textAnalyze, text("web.log"), "app/web.log", true],
  [textAnalyze, text("web.log"), "app/web.log.1", false],
  [textAnalyze, text("*/*.log"), "app/shop/web.log", true],
  [textAnalyze, text("*/*.log"), "app/web.log", false],
  [textAnalyze, { fileName: "*", regex: "a" }, "a", true],
  [textAnalyze, { ...text("a.log"), exclude: true }, "app/a.log", false],
  [memory, { outcomes: [] }, "host-collectors/system/memory.json", true],
  [memory, { outcomes: [] }, "host-collectors/system/node_list.json", true],
  [memory, { outcomes: [] }, "host-collectors/system/cpu.json", false],
];
for (const [analyzer, fields, path, wanted] of behaviour) {
  const name = `${analyzer.kind} ${JSON.stringify(fields)}`;
  Deno.test(`wantedFiles() of ${name} ${wanted ? "has" : "leaves"} ${path}`, async () => {
    const entry = { analyzer, config: analyzer.schema.parse(fields) };
    equal((await wantedFiles([entry], new AbortController().signal))(path), wanted);
  });
}
