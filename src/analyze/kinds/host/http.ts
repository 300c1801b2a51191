import { defineHostAnalyzer } from "../../host_analyzer.ts";
import { readHttpAnswer } from "../../http_answer.ts";
import { httpCondition } from "../../http_expression.ts";

export const hostHttp = defineHostAnalyzer<ReturnType<typeof readHttpAnswer>>({
  kind: "http",
  summary: "Compares the status of an answer that this host got, or tells that there was none",
  title: "HTTP Request",
  path: (name) => `http/${name || "result"}.json`,
  when: "statusCode >= 200 && statusCode < 300, statusCode in (401, 403), error",
  condition: httpCondition,
  read: ({ value, path }) => readHttpAnswer(value, path),
  show: ({ what }) => what,
});
