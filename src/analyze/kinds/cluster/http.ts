import { bundlePath } from "../../../bundle/bundle_path.ts";
import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { isHttpFile, readHttpAnswer } from "../../http_answer.ts";
import { httpCondition } from "../../http_expression.ts";
import { fileMissing, judge, notJudged, readOutcomes } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";

export const http = defineAnalyzer({
  kind: "http",
  where: "cluster",
  summary: "Compares the status of an answer, or tells that there was none",
  fields: () => ({
    collectorName: textField().describe("collectorName of the http collector (default: result)"),
    name: textField().describe("name of the http collector; without it, its file is looked for in every folder"),
    outcomes: outcomesField().describe("when: statusCode >= 200 && statusCode < 300, statusCode in (401, 403), error"),
  }),
  title: ({ checkName, collectorName }) => checkName || collectorName || "HTTP Request",
  validate(config) {
    bundlePath(config.name ?? "", fileOf(config));
    readOutcomes(config.outcomes, httpCondition);
  },
  async *analyze(config, bundle) {
    const outcomes = readOutcomes(config.outcomes, httpCondition);
    const files = ParsedFiles.of(bundle);
    const paths = await pathsOf(config, files);
    for (const path of paths) {
      const value = await files.json(path);
      if (value === undefined) {
        yield fileMissing(path);
        continue;
      }
      const more = { evidence: [{ path }] };
      try {
        const answer = readHttpAnswer(value, path);
        yield judge(outcomes, answer, answer.what, more);
      } catch (error) {
        yield notJudged(error, more);
      }
    }
  },
});

interface Place {
  name?: string;
  collectorName?: string;
}

function fileOf({ collectorName }: Place): string {
  return bundlePath(`${collectorName || "result"}.json`);
}

/** A collector with a `name` writes into a folder of that name, which specs of old analyzers don't tell. */
async function pathsOf(config: Place, files: ParsedFiles): Promise<string[]> {
  if (config.name) return [bundlePath(config.name, fileOf(config))];
  const path = fileOf(config);
  if ((await files.json(path)) !== undefined) return [path];
  const found: string[] = [];
  for (const other of await files.find(`*/${path.replace(/[\\*?[]/g, "\\$&")}`)) {
    // Collectors of other kinds take the same names.
    if (isHttpFile(await files.json(other).catch(() => undefined))) found.push(other);
  }
  return found.length > 0 ? found : [path];
}
