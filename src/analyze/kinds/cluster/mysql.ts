import { databaseAnalyzer } from "../../database_status.ts";
import { icon } from "../../icons.ts";

export const mysql = databaseAnalyzer({
  kind: "mysql",
  summary: "Compares whether there was a connection to a MySQL server, and its version",
  icon: icon("kubernetes_mysql_analyze", "mysql-analyze.svg"),
  versions: "semver",
  saysWhy: false,
});
