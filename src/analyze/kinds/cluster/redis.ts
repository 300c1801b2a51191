import { databaseAnalyzer } from "../../database_status.ts";
import { icon } from "../../icons.ts";

export const redis = databaseAnalyzer({
  kind: "redis",
  summary: "Compares whether there was a connection to a Redis server, and its version",
  icon: icon("kubernetes_redis_analyze", "redis-analyze.svg"),
  versions: "semver",
  saysWhy: false,
});
