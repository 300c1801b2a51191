import { bundlePath } from "../../../bundle/bundle_path.ts";
import { jsonEntry } from "../../../bundle/entry.ts";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import { flagField } from "../../../core/flag_field.ts";
import { type CollectContext, defineCollector, titled } from "../../collector.ts";
import { startDeadline } from "../../deadline.ts";
import { openTransport, type Transport } from "../../http_transport.ts";
import { textField } from "../../text_field.ts";

const TIMEOUT_MS = 30_000;
const DEFAULT_REGION = "us-east-1";

export const s3Status = defineCollector({
  kind: "s3Status",
  where: "cluster",
  summary: "Whether this machine can reach an S3 bucket with the keys of the spec",
  title: titled("s3Status"),
  fields: () => ({
    bucketName: textField().describe("The bucket"),
    region: textField().default("").describe("Region of the bucket; empty: us-east-1"),
    endpoint: textField().default("").describe("URL of the server; empty: AWS"),
    accessKeyID: textField().default("").describe("Access key; the environment's credentials are never used"),
    secretAccessKey: textField().default("").describe("Secret key"),
    usePathStyle: flagField().describe("true: the bucket is in the path, not in the host name"),
    insecure: flagField().describe("true takes any certificate of the server"),
  }),
  async *collect(config, context) {
    const { bucketName, region, endpoint, collectorName } = config;
    let error: string | undefined;
    try {
      await headBucket(config, context);
    } catch (thrown) {
      context.signal.throwIfAborted();
      error = describeError(thrown);
    }
    yield jsonEntry(
      bundlePath("s3Status", `${collectorName || "s3Status"}.json`),
      {
        bucketName,
        ...(endpoint ? { endpoint } : {}),
        ...(region ? { region } : {}),
        isConnected: error === undefined,
        ...(error === undefined ? {} : { error }),
      },
      { indent: 0, source: `HEAD of the bucket ${bucketName}` },
    );
  },
});

interface BucketConfig {
  bucketName: string;
  region: string;
  endpoint: string;
  accessKeyID: string;
  secretAccessKey: string;
  usePathStyle: boolean;
  insecure: boolean;
}

/** @throws when the bucket is not there, or not for these keys */
async function headBucket(config: BucketConfig, { clock, env, signal }: CollectContext): Promise<void> {
  const { bucketName, accessKeyID, secretAccessKey } = config;
  const region = config.region || DEFAULT_REGION;
  if (bucketName === "") throw new SupportBundleError("The collector has no bucketName");
  if (!accessKeyID || !secretAccessKey) {
    throw new SupportBundleError("The collector has no accessKeyID and secretAccessKey");
  }
  const endpoint = endpointUrl(config.endpoint, region);
  using deadline = startDeadline(clock, TIMEOUT_MS, signal);
  using transport = await openTransport({ insecureSkipVerify: config.insecure }, env);
  const { S3Client, HeadBucketCommand } = await import("@aws-sdk/client-s3");
  const client = new S3Client({
    region,
    // Always given, like what follows: the SDK would otherwise ask the environment.
    endpoint,
    credentials: { accessKeyId: accessKeyID, secretAccessKey },
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    forcePathStyle: config.usePathStyle,
    requestHandler: requestHandler(transport),
    maxAttempts: 1,
  });
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucketName }), { abortSignal: deadline.signal });
  } catch (error) {
    if (deadline.expired) throw new SupportBundleError(`No answer within ${TIMEOUT_MS / 1000} s`);
    throw refusal(error) ?? error;
  } finally {
    client.destroy();
  }
}

function endpointUrl(endpoint: string, region: string): string {
  if (endpoint === "") return `https://s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  const url = URL.parse(endpoint.includes("://") ? endpoint : `https://${endpoint}`);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new SupportBundleError("The endpoint is not the URL of a server");
  }
  return url.href;
}

/** What the SDK hands to its transport, as far as a request without body and query has it. */
interface SignedRequest {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  method: string;
  headers: Record<string, string>;
}

/** Sends the SDK's requests over fetch, which no handler of the SDK can do without a check of the certificate. */
function requestHandler(transport: Transport) {
  return {
    async handle(request: SignedRequest, { abortSignal }: { abortSignal?: AbortSignal } = {}) {
      const { protocol, hostname, port, path, method } = request;
      const url = new URL(`${protocol}//${hostname}${port ? `:${port}` : ""}${path}`);
      const signal = abortSignal ?? new AbortController().signal;
      const response = await transport.send(url, { method, headers: new Headers(request.headers) }, signal);
      await response.body?.cancel();
      return { response: { statusCode: response.status, headers: Object.fromEntries(response.headers) } };
    },
    // deno-lint-ignore no-explicit-any -- the SDK's own types of handlers differ between its packages
  } as any;
}

/** What an answer without a body means; undefined when there was no answer. */
function refusal(error: unknown): Error | undefined {
  const { $metadata, $response } = error as {
    $metadata?: { httpStatusCode?: number };
    $response?: { headers?: Record<string, string> };
  };
  const status = $metadata?.httpStatusCode;
  if (status === undefined) return undefined;
  const region = $response?.headers?.["x-amz-bucket-region"];
  return new SupportBundleError(`The server answered ${status}${meaning(status, region)}`);
}

function meaning(status: number, region: string | undefined): string {
  if (status === 403) return ": it refuses these keys, or they may not read the bucket";
  if (status === 404) return ": there is no such bucket";
  if (status >= 300 && status < 400 || status === 400) {
    return region === undefined ? "" : `: the bucket is in the region ${region}`;
  }
  return "";
}
