import { defineAnalyzer } from "../../analyzer.ts";
import { icon } from "../../icons.ts";
import { analyzeText, textFields, validateText } from "../../text_matcher.ts";

export const textAnalyze = defineAnalyzer({
  kind: "textAnalyze",
  where: "cluster",
  summary: "Looks for a pattern in files of the bundle",
  icon: icon("kubernetes_text_analyze", "text-analyze.svg"),
  fields: textFields,
  title: ({ checkName, collectorName }) => checkName || collectorName || "Regular Expression",
  validate: validateText,
  analyze: analyzeText,
});
