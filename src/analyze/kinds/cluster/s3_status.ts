import { databaseAnalyzer } from "../../database_status.ts";
import { icon } from "../../icons.ts";

export const s3Status = databaseAnalyzer({
  kind: "s3Status",
  summary: "Compares whether an S3 bucket could be reached",
  icon: icon("kubernetes_s3_analyze", "s3-analyze.svg"),
  versions: "semver",
  saysWhy: true,
});
