import * as z from "zod";
import { CredentialError, type ReadSecret } from "../core/credential_reference.ts";
import { retry } from "../core/retry.ts";
import { VERSION } from "../core/version.ts";
import type { Agent, AgentContext, Answer, Explanation } from "./agent.ts";
import { AgentError } from "./agent_error.ts";
import { AgentHttp, AnswerStatusError, ConnectionError } from "./agent_http.ts";
import { analyzerSpecOf } from "./analyzer_spec.ts";
import { machineReplySchema } from "./machine_reply.ts";
import { plainText } from "./plain_text.ts";
import type { Problem } from "./problem.ts";

export interface HostedOptions {
  endpoint: URL;
  /** Credential reference of the API key. */
  key: string;
}

/** The one file of the bundle that the service is sent. */
const FINDINGS = "findings.json";
const RETRIES = { attempts: 3, baseDelayMs: 1000, maxDelayMs: 30_000 };
const MAX_RESULTS = 500;

const answerSchema = z.object({
  status: z.string(),
  results: z.array(z.unknown()).nullish(),
  metadata: z.object({
    modelVersion: z.string().optional().catch(undefined),
    confidence: z.number().optional().catch(undefined),
  }).nullish().catch(undefined),
  errors: z.array(z.unknown()).nullish().catch(undefined),
});

const resultSchema = z.object({
  title: z.string().optional().catch(undefined),
  context: z.object({ finding: z.coerce.number().optional().catch(undefined) }).nullish().catch(undefined),
  confidence: z.number().optional().catch(undefined),
});

/** A service of the vendor, asked about all findings in one request. It is sent the findings as the one file of a bundle, and
 * nothing else of the bundle. */
export function hostedAgent({ endpoint, key }: HostedOptions): Agent {
  const title = `The hosted agent at ${endpoint.origin}`;
  return {
    title,
    async *explain(problems: readonly Problem[], context: AgentContext): AsyncIterable<Answer> {
      const { env, clock, signal, secret, warn } = context;
      const token = await bearerOf(key, secret);
      using http = new AgentHttp(endpoint, title, env);
      const requestId = `req-${crypto.randomUUID()}`;
      const body = requestOf(problems, requestId, clock.now());
      const headers = {
        Authorization: `Bearer ${token}`,
        "User-Agent": `troubleshoot-hosted-agent/1.0 support-bundle/${VERSION}`,
        "X-Request-ID": requestId, // the same in every try: a service can tell that it has had it
      };
      const answer = await retry(
        () => http.json("analyze", { method: "POST", headers, body }, { signal, now: clock.now() }),
        {
          ...RETRIES,
          clock,
          signal,
          judge: (error) =>
            error instanceof AnswerStatusError
              ? { retry: error.transient, afterMs: error.afterMs }
              : { retry: error instanceof ConnectionError },
        },
      );
      yield* read(answer, problems, title, warn);
    },
  };
}

/** What the protocol has for it: a bundle, and analyzers that name what is asked about. */
export function requestOf(problems: readonly Problem[], requestId: string, now: Date): unknown {
  const findings = JSON.stringify(problems.map(({ index, ...problem }) => ({ finding: index, ...problem })));
  const bundle = {
    files: { [FINDINGS]: base64(findings) },
    metadata: { createdAt: now.toISOString(), version: "1.0.0", generatedBy: "support-bundle" },
  };
  return {
    bundleData: base64(JSON.stringify(bundle)),
    analyzers: problems.map((problem) => analyzerSpecOf(problem, FINDINGS)),
    options: { includeRemediation: true, priority: "standard", timeout: 300 },
    metadata: { requestId, clientVersion: VERSION, timestamp: now.toISOString() },
  };
}

function* read(
  answer: unknown,
  problems: readonly Problem[],
  title: string,
  warn: (message: string) => void,
): Iterable<Answer> {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) {
    throw new AgentError(`${title}: its answer has not the form that was agreed`, "Check the address, and its version");
  }
  const { status, results, metadata, errors } = parsed.data;
  if (status !== "success" && status !== "completed") {
    throw new AgentError(`${title}: it says that it is ${plainText(status, 50)}`, "Try again later");
  }
  const open = new Set(problems);
  let unusable = 0;
  for (const one of (results ?? []).slice(0, MAX_RESULTS)) {
    const result = resultSchema.safeParse(one).data;
    const said = machineReplySchema.safeParse(one).data;
    const problem = result && findProblem(open, result);
    if (said === undefined || problem === undefined) {
      unusable++;
      continue;
    }
    open.delete(problem);
    const overall = metadata?.confidence;
    const explanation: Explanation = { agent: "hosted", machineWritten: true, ...said };
    if (metadata?.modelVersion) explanation.model = plainText(metadata.modelVersion, 100);
    const confidence = overall !== undefined && overall > 0 ? overall : result?.confidence;
    if (confidence !== undefined && confidence > 0 && confidence <= 1) explanation.confidence = confidence;
    yield { index: problem.index, explanation };
  }
  if (unusable > 0) warn(`${title}: ${unusable} of its results belong to no finding, or say nothing`);
  if (errors?.length) warn(`${title}: it reports ${errors.length} errors of its own`);
}

/** By the number that was sent with it, else by its title. */
function findProblem(open: ReadonlySet<Problem>, result: z.output<typeof resultSchema>): Problem | undefined {
  const number = result.context?.finding;
  return [...open].find(({ index, title }) => number === undefined ? title === result.title : index === number);
}

/** @throws {CredentialError} */
async function bearerOf(reference: string, secret: ReadSecret): Promise<string> {
  const key = await secret(reference);
  // What fetch says of a header that it does not take repeats it.
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new CredentialError(
    "The key of the hosted agent has characters that no key has",
    "Check what the reference names",
  );
}

function base64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}
