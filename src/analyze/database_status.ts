import * as z from "zod";
import { bundlePath } from "../bundle/bundle_path.ts";
import type { BundleReader } from "../bundle/bundle_reader.ts";
import { SupportBundleError } from "../core/errors.ts";
import {
  type Analyzer,
  type AnalyzerResult,
  type CommonFields,
  defineAnalyzer,
  type Icon,
  type Outcomes,
  outcomesField,
  textField,
} from "./analyzer.ts";
import { badWhen } from "./condition_error.ts";
import { hiddenValue, isHidden } from "./hidden.ts";
import { isAboutLevel, relatesTo, tryParseLooseVersion } from "./loose_version.ts";
import { fileMissing, firstMatch, noOutcomeMatched, readOutcomes, toResult } from "./outcome_engine.ts";
import { ParsedFiles } from "./parsed_files.ts";
import { isRecord, textIn } from "./stored_objects.ts";
import { comparison, type Condition, EQUALITIES, ORDERINGS_AND_NOT, tryParseBool, words } from "./when.ts";

/** How one kind differs from the others. */
interface DatabaseKind {
  /** The kind, and the folder of its files. */
  kind: string;
  summary: string;
  icon?: Icon;
  /** `hashicorp` has the operators `=== !== ~>` for versions, too. */
  versions: "semver" | "hashicorp";
  /** Whether a failure says why there was no connection. */
  saysWhy: boolean;
}

function fields() {
  return {
    collectorName: textField().describe("collectorName of the collector (default: the kind)"),
    fileName: textField().describe("Of no effect"),
    outcomes: outcomesField().describe("when: connected == false, version >= 10.0"),
  };
}

/** What a collector wrote about a server. */
interface Answer {
  connected: boolean;
  version: string;
  error: string;
  path: string;
}

/** An analyzer of what a collector found when it logged in to a server. */
export function databaseAnalyzer(
  database: DatabaseKind,
): Analyzer<z.ZodObject<ReturnType<typeof fields> & CommonFields>> {
  const { kind, summary, icon } = database;
  const pathOf = (collectorName: string | undefined) => bundlePath(kind, `${collectorName || kind}.json`);
  const read = (outcomes: Outcomes | undefined) => readOutcomes(outcomes, (when) => answerCondition(when, database));
  return defineAnalyzer({
    kind,
    where: "cluster",
    summary,
    ...(icon === undefined ? {} : { icon }),
    fields,
    title: ({ checkName, collectorName }) => checkName || collectorName || kind,
    validate({ collectorName, outcomes }) {
      pathOf(collectorName);
      read(outcomes);
    },
    analyze: ({ collectorName, outcomes }, bundle) =>
      judgeAnswer(read(outcomes), database, pathOf(collectorName), bundle),
  });
}

async function* judgeAnswer(
  outcomes: ReturnType<typeof readOutcomes<Answer>>,
  { saysWhy }: DatabaseKind,
  path: string,
  bundle: BundleReader,
): AsyncIterable<AnalyzerResult> {
  const file = await ParsedFiles.of(bundle).json(path);
  if (file === undefined) {
    yield fileMissing(path);
    return;
  }
  const answer = answerOf(file, path);
  const evidence = [{ path }];
  const outcome = firstMatch(outcomes, answer);
  if (outcome === undefined) {
    const { connected, version } = answer;
    yield noOutcomeMatched(connected ? `a connection, version "${version}"` : "that there is no connection", {
      evidence,
    });
    return;
  }
  const why = saysWhy && outcome.status === "fail" && outcome.when !== "" && answer.error !== "";
  yield toResult(why ? { ...outcome, message: `${outcome.message} ${answer.error}` } : outcome, { evidence });
}

function answerOf(file: unknown, path: string): Answer {
  const error = textIn(file, "error");
  // Where there is an error, a writer may have left the false out.
  const connected = isRecord(file) ? file.isConnected ?? (error === "" ? undefined : false) : undefined;
  if (typeof connected !== "boolean") {
    throw new SupportBundleError(`${path} of the bundle does not say whether there was a connection`, {
      code: "ANALYZER_INPUT",
    });
  }
  return { connected, version: textIn(file, "version"), error, path };
}

const HINT = "Write it as connected == false, or version >= 10.0";

/** `connected <op> <bool>` or `version <op> <version>`, where `x` stands for 0. Without a connection no condition about a version holds. */
function answerCondition(when: string, database: DatabaseKind): Condition<Answer> {
  const parts = words(when);
  const [subject, operator, value] = parts as [string, string, string];
  if (parts.length !== 3) throw badWhen(when, "it is not a name, an operator and a value", HINT);
  if (subject === "version") {
    const holds = versionCondition(operator, value, when, database.versions);
    return ({ connected, version, path }) => connected && holds(version, path);
  }
  if (subject !== "connected") throw badWhen(when, `"${subject}" cannot be compared here`, HINT);
  const equal = comparison(operator, when, EQUALITIES) === "=";
  const wanted = tryParseBool(value);
  if (wanted === undefined) throw badWhen(when, `"${value}" is neither true nor false`, HINT);
  return ({ connected }) => (connected === wanted) === equal;
}

function versionCondition(
  operator: string,
  value: string,
  when: string,
  versions: DatabaseKind["versions"],
): (version: string, path: string) => boolean {
  if (versions === "semver" && /^(?:===|!==|~>)$/.test(operator)) {
    throw badWhen(when, `"${operator}" is not an operator for versions`, "Use one of < <= > >= = == !=");
  }
  const wanted = tryParseLooseVersion(value.replace(/\.x/gi, ".0"));
  if (wanted === undefined) throw badWhen(when, `"${value}" is not a version`, HINT);
  const by = operator === "~>" ? undefined : comparison(operator === "!" ? "!=" : operator, when, ORDERINGS_AND_NOT);
  return (version, path) => {
    const actual = tryParseLooseVersion(version);
    if (actual !== undefined) return by === undefined ? isAboutLevel(actual, wanted) : relatesTo(actual, by, wanted);
    throw new SupportBundleError(
      isHidden(version)
        ? hiddenValue(path)
        : version === ""
        ? `${path} of the bundle has no version`
        : `The version "${version}" in ${path} of the bundle cannot be compared`,
      { code: "ANALYZER_INPUT" },
    );
  };
}
