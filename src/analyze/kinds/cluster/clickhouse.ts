import { databaseAnalyzer } from "../../database_status.ts";
import { icon } from "../../icons.ts";

export const clickhouse = databaseAnalyzer({
  kind: "clickhouse",
  summary: "Compares whether there was a connection to a ClickHouse server, and its version",
  icon: icon("kubernetes_clickhouse_analyze", "clickhouse-analyze.svg"),
  versions: "hashicorp",
  saysWhy: true,
});
