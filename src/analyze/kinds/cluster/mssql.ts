import { databaseAnalyzer } from "../../database_status.ts";

export const mssql = databaseAnalyzer({
  kind: "mssql",
  summary: "Compares whether there was a connection to a Microsoft SQL Server, and its version",
  versions: "hashicorp",
  saysWhy: true,
});
