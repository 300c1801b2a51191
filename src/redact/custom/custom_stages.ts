import { fromUnicode } from "../latin1.ts";
import type { LineRule } from "../line_rule.ts";
import { type FileMasks, maskSpans } from "../mask.ts";
import type { RedactorSpec } from "../redactor.ts";
import type { RuleLine, Span } from "../rule.ts";
import type { Stage } from "../stage.ts";
import { quoteYamlMasks } from "../yaml_quoting.ts";
import { InvalidRedactorError } from "./invalid_redactor_error.ts";
import { compileGlob } from "./glob.ts";
import { UserPattern } from "./user_pattern.ts";
import { yamlPathStage } from "./yaml_path_stage.ts";

/** The removals of custom redactors in the order in which they work: in each redactor first values, then patterns, then
 * paths.
 * @throws {InvalidRedactorError} */
export function customStages(specs: RedactorSpec[]): (LineRule | Stage)[] {
  return specs.flatMap((spec, i) => stagesOf(spec, spec.name || `unnamed-${i}`));
}

function stagesOf(spec: RedactorSpec, name: string): (LineRule | Stage)[] {
  const appliesTo = fileFilter(spec, name);
  const { values = [], regex = [], yamlPath = [] } = spec.removals ?? {};
  const parts: (LineRule | Stage)[] = values.flatMap((value, j) =>
    literalRules(value, `${name}.literal.${j}`, appliesTo)
  );
  regex.forEach(({ selector, redactor }, j) => {
    const pattern = userPattern(redactor, name);
    parts.push(
      selector === undefined || selector === ""
        ? lineRule(pattern, `${name}.regex.${j}`, appliesTo)
        : pairRule(userPattern(selector, name), pattern, `${name}.multiLine.${j}`, appliesTo),
    );
  });
  if (yamlPath.length > 0) {
    parts.push(yamlPathStage(yamlPath.map((path, j) => ({ path, name: `${name}.yaml.${j}` })), appliesTo));
  }
  return parts;
}

type FileFilter = ((path: string) => boolean) | undefined;

function fileFilter(spec: RedactorSpec, name: string): FileFilter {
  const { file, files = [] } = spec.fileSelector ?? {};
  const globs = [file ?? "", ...files].filter((glob) => glob !== "");
  if (globs.length === 0) return undefined;
  const matchers = globs.map((glob) => {
    try {
      return compileGlob(glob);
    } catch (error) {
      throw new InvalidRedactorError(name, "glob", glob, error);
    }
  });
  return (path) => matchers.some((matches) => matches(path));
}

function userPattern(source: string, name: string): UserPattern {
  try {
    return new UserPattern(source);
  } catch (error) {
    throw new InvalidRedactorError(name, "pattern", source, error);
  }
}

/** A line never holds more than one line of a value: of a value of several lines, each that says something is hidden. */
function literalRules(value: string, name: string, appliesTo: FileFilter): LineRule[] {
  const lines = value.split(/\r?\n/);
  const wanted = lines.filter((line) => line !== "" && (lines.length <= 2 || line.trim().length >= 4));
  return wanted.map((line) => literalRule(fromUnicode(line), name, appliesTo));
}

/** Enough of a literal to find its lines by. */
const KEYWORD_LENGTH = 16;

function literalRule(literal: string, name: string, appliesTo: FileFilter): LineRule {
  const keyword = literal.slice(0, KEYWORD_LENGTH).replace(/[A-Z]/g, (c) => c.toLowerCase());
  return {
    name,
    builtIn: false,
    keywords: [keyword],
    appliesTo,
    run(line, _, masks) {
      const spans: Span[] = [];
      for (let at = line.text.indexOf(literal); at >= 0; at = line.text.indexOf(literal, at + literal.length)) {
        spans.push({ start: at, end: at + literal.length });
      }
      const masked = maskSpans(line.text, spans, name, masks);
      return masked.count === 0 ? undefined : { ...masked, text: quoteYamlMasks(masked.text, line.format) };
    },
  };
}

function lineRule(pattern: UserPattern, name: string, appliesTo: FileFilter): LineRule {
  return {
    name,
    builtIn: false,
    keywords: pattern.keyword === undefined ? undefined : [pattern.keyword],
    appliesTo,
    run: (line, _, masks) => replaced(pattern, line, name, masks),
  };
}

/** A line that was the second of a pair is not the first of another. */
function pairRule(selector: UserPattern, pattern: UserPattern, name: string, appliesTo: FileFilter): LineRule {
  return {
    name,
    builtIn: false,
    keywords: selector.keyword === undefined ? undefined : [selector.keyword],
    appliesTo,
    run(line, carried, masks) {
      if (carried !== undefined) return replaced(pattern, line, name, masks);
      return selector.test(line.text) ? { count: 0, hidden: 0, carry: true } : undefined;
    },
  };
}

function replaced(pattern: UserPattern, line: RuleLine, name: string, masks: FileMasks) {
  const masked = pattern.replace(line.text, name, masks);
  return masked.count === 0 ? undefined : { ...masked, text: quoteYamlMasks(masked.text, line.format) };
}
