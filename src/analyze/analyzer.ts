import * as z from "zod";
import type { BundleReader } from "../bundle/bundle_reader.ts";
import { flagField } from "../core/flag_field.ts";

/** A kind of analyzer: reads a bundle and returns results.
 *
 * A file in `kinds/cluster/` or `kinds/host/` defines one; a line in `registry.ts` makes it known. */
export interface Analyzer<Schema extends z.ZodType = z.ZodType> {
  /** The key in the spec. */
  kind: string;
  where: "cluster" | "host";
  summary: string;
  /** Made when it is first asked for: a spec uses few kinds. */
  readonly schema: Schema;
  icon?: Icon;
  title(config: z.output<Schema>): string;
  /** Finds mistakes in the config that the schema cannot see: conditions, patterns, templates. Called when a spec is
   * loaded.
   * @throws {SpecConditionError} naming what cannot be read */
  validate?(config: z.output<Schema>): void;
  /** Yields one result per thing judged. What it throws becomes an `error` result with the analyzer's title. */
  analyze(config: z.output<Schema>, bundle: BundleReader): AsyncIterable<AnalyzerResult>;
}

/** What an analyzer says of one thing. A result without an own title gets the analyzer's. */
export interface AnalyzerResult {
  title?: string;
  outcome: Outcome;
  /** Where to read on, from the spec. */
  uri?: string;
  involvedObject?: { kind: string; namespace?: string; name: string; apiVersion: string };
  /** Where in the bundle it shows. Lines count from 1. */
  evidence?: { path: string; line?: number }[];
  /** Instead of the analyzer's. */
  icon?: Icon;
  /** Results with an equal cause are one finding: `image-pull/registry.example.com/app:1.2`. */
  cause?: string;
  /** What it means, in plain words. */
  explanation?: string;
  /** A command, or what else to do. */
  nextStep?: string;
  /** The first 20 objects that suffer from it. */
  affected?: { kind: string; namespace?: string; name: string }[];
  /** How many there are. */
  affectedCount?: number;
}

/** A picture that viewers of results know: a key, and where it can be had. */
export interface Icon {
  key: string;
  uri: string;
}

export type Outcome =
  | { status: "pass" | "warn" | "fail"; message: string }
  | { status: "skipped"; reason: "file-missing" | "excluded" | "no-outcome-matched"; message: string }
  | { status: "error"; message: string };

/** A result with everything that is known about its analyzer: what reports, records and `analysis.json` are made of. */
export interface Finding extends AnalyzerResult {
  title: string;
  kind: string;
  where: "cluster" | "host";
  strict: boolean;
  /** How long its analyzer worked for it; absent when it was not run. */
  durationMs?: number;
}

/** A text of a spec. YAML without quotes may have made a number or a boolean of it, or null where nothing was written. */
export function textField() {
  return z.union([z.string(), z.number(), z.boolean()]).nullish().transform((value) =>
    value === null || value === undefined ? undefined : String(value)
  );
}

function outcomeField() {
  return z.object({
    when: textField().describe("The condition; without one the outcome always matches"),
    message: textField(),
    uri: textField(),
  }).nullish().transform((value) => value ?? undefined);
}

/** `outcomes[]` of a spec: each holds one of `fail`, `warn`, `pass`. */
export function outcomesField() {
  return z.array(z.object({
    fail: outcomeField(),
    warn: outcomeField(),
    pass: outcomeField(),
  })).nullish().transform((value) => value ?? undefined).describe(
    "What is said when: the first whose `when` holds counts",
  );
}

export type Outcomes = NonNullable<z.output<ReturnType<typeof outcomesField>>>;

/** Fields that every analyzer has. */
export function commonFields() {
  return {
    checkName: textField().describe("Title of the result"),
    exclude: flagField().describe("true leaves this analyzer out"),
    strict: flagField().describe("A failure of a strict analyzer counts as a failure of the whole"),
    annotations: z.record(z.string(), z.string()).nullish(),
    docString: z.string().nullish(),
  };
}

export type CommonFields = ReturnType<typeof commonFields>;

/** Gives a kind its common fields and its type. */
export function defineAnalyzer<Shape extends z.ZodRawShape>(
  definition:
    & Omit<Analyzer<z.ZodObject<Shape & CommonFields>>, "schema">
    & { fields(): Shape },
): Analyzer<z.ZodObject<Shape & CommonFields>> {
  const { fields, ...rest } = definition;
  let schema: z.ZodObject<Shape & CommonFields> | undefined;
  return {
    ...rest,
    get schema() {
      return schema ??= z.object({ ...commonFields(), ...fields() }) as unknown as z.ZodObject<Shape & CommonFields>;
    },
  };
}
