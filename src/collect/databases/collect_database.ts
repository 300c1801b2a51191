import type * as z from "zod";
import { bundlePath } from "../../bundle/bundle_path.ts";
import { type Entry, jsonEntry, missing, type MissingReason } from "../../bundle/entry.ts";
import { formatDuration } from "../../core/duration.ts";
import { describeError, SupportBundleError } from "../../core/errors.ts";
import { KubeForbiddenError } from "../../kube/errors.ts";
import { type CollectContext, type Collector, type CommonFields, defineCollector, titled } from "../collector.ts";
import { startDeadline } from "../deadline.ts";
import { type DatabaseFields, databaseFields } from "./database_fields.ts";
import { readText, referenceNeeds, UnresolvedReferenceError } from "./referenced_text.ts";
import { type TlsTerms, tlsTerms } from "./tls_terms.ts";

/** Everything from the first byte to the version, where the URI names no time of its own. */
const TIMEOUT_MS = 30_000;
const MAX_ERROR_CHARACTERS = 1000;

/** What all kinds of targets have: what a URI says of a server. */
export interface DatabaseTarget {
  password?: string;
  /** The URI's own limit for connecting, which then holds for everything. */
  timeoutMs?: number;
}

export interface DatabaseAnswer {
  version: string;
  /** What went wrong although the connection stands. */
  error?: string;
  variables?: Record<string, string>;
}

/** What tells one kind of database from another. */
export interface DatabaseKind<Target extends DatabaseTarget> {
  kind: string;
  summary: string;
  /** The forms of the URI, for help and docs. */
  uri: string;
  /** What is asked of the server, for the manifest. */
  asks: string;
  /** Whether a `tls` block must name an authority or say `skipVerify`. */
  authorityNeeded: boolean;
  /** Reads a URI. What it throws must quote nothing of it. */
  parse(uri: string, env: Readonly<Record<string, string>>): Target;
  /** Connects, asks and disconnects. Gives up when the signal is aborted. */
  ask(
    target: Target,
    options: { tls?: TlsTerms; parameters: readonly string[]; signal: AbortSignal },
  ): Promise<DatabaseAnswer>;
}

/** What the bundle says about a database. */
interface DatabaseContent {
  isConnected: boolean;
  error?: string;
  version?: string;
  variables?: Record<string, string>;
}

type Config = DatabaseFields & z.output<z.ZodObject<CommonFields>>;

/** A collector that connects from this machine and asks for the version. That it cannot connect is what its file says,
 * not a failure. */
export function databaseCollector<Target extends DatabaseTarget>(
  database: DatabaseKind<Target>,
): Collector<z.ZodObject<ReturnType<typeof databaseFields> & CommonFields>> {
  const { kind, summary } = database;
  return defineCollector({
    kind,
    where: "cluster",
    summary,
    title: titled(kind),
    fields: () => databaseFields(database.uri),
    needs: referenceNeeds,
    collect: (config: Config, context) => collectDatabase(database, config, context),
  });
}

async function* collectDatabase<Target extends DatabaseTarget>(
  database: DatabaseKind<Target>,
  config: Config,
  context: CollectContext,
): AsyncGenerator<Entry> {
  const { kind } = database;
  const secrets: string[] = [];
  let content: DatabaseContent;
  let unresolved: UnresolvedReferenceError | undefined;
  try {
    const uri = (await readText(config.uri, "uri", context)).trim();
    if (uri === "") throw new SupportBundleError("There is no uri", { code: "SPEC_VALUE" });
    secrets.push(uri);
    const target = database.parse(uri, context.env);
    if (target.password) secrets.push(target.password, encodeURIComponent(target.password));
    const tls = await tlsTerms(config.tls, database.authorityNeeded, context);
    content = contentOf(await askInTime(database, target, { tls, parameters: config.parameters ?? [] }, context));
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof UnresolvedReferenceError) unresolved = error;
    content = { isConnected: false, error: describeFailure(error) };
  }
  if (content.error !== undefined) content.error = hideSecrets(content.error, secrets);
  yield jsonEntry(bundlePath(kind, `${config.collectorName || kind}.json`), content, {
    indent: 0,
    source: database.asks,
  });
  if (unresolved !== undefined) yield missing(titled(kind)(config), reasonOf(unresolved), unresolved.message);
}

/** @throws {SupportBundleError} when the time is over */
async function askInTime<Target extends DatabaseTarget>(
  database: DatabaseKind<Target>,
  target: Target,
  options: { tls?: TlsTerms; parameters: readonly string[] },
  { clock, signal }: CollectContext,
): Promise<DatabaseAnswer> {
  const limitMs = target.timeoutMs || TIMEOUT_MS;
  using deadline = startDeadline(clock, limitMs, signal);
  const asking = database.ask(target, { ...options, signal: deadline.signal });
  try {
    // Its sockets end with the signal; a client that does not notice must not hold up the run.
    return await Promise.race([asking, rejectWith(deadline.signal)]);
  } catch (error) {
    asking.catch(() => {});
    if (deadline.expired) {
      throw new SupportBundleError(`No answer within ${formatDuration(limitMs)}`, { code: "TIMEOUT" });
    }
    throw error;
  }
}

function rejectWith(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function contentOf({ version, error, variables = {} }: DatabaseAnswer): DatabaseContent {
  return {
    isConnected: true,
    ...(error ? { error } : {}),
    ...(version ? { version } : {}),
    ...(Object.keys(variables).length > 0 ? { variables } : {}),
  };
}

/** A name that has several addresses fails with one error for each. */
function describeFailure(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.map((each) => describeError(each)))].join("; ");
  }
  return describeError(error);
}

/** The text without the values, cut at a length that no honest message has. Servers may repeat what they are sent. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  for (const secret of secrets) {
    // Shorter ones would be found in every word, and their absence would tell them.
    if (secret.length >= 4) text = text.replaceAll(secret, "***");
  }
  return text.slice(0, MAX_ERROR_CHARACTERS);
}

function reasonOf(error: UnresolvedReferenceError): MissingReason {
  return error.cause instanceof KubeForbiddenError ? "forbidden" : "failed";
}
