import { databaseAnalyzer } from "../../database_status.ts";
import { icon } from "../../icons.ts";

export const postgres = databaseAnalyzer({
  kind: "postgres",
  summary: "Compares whether there was a connection to a PostgreSQL server, and its version",
  icon: icon("kubernetes_postgres_analyze", "postgres-analyze.svg"),
  versions: "semver",
  saysWhy: true,
});
