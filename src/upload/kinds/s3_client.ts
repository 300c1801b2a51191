import type { S3Client } from "@aws-sdk/client-s3";
import { type Clock, systemClock } from "../../core/clock.ts";
import { retry } from "../../core/retry.ts";
import { withTimeLimit } from "../../core/time_limit.ts";
import { countSent } from "../../core/traffic.ts";
import type { Destination, LocalFile, UploadContext } from "../uploader.ts";
import { s3Credentials } from "./s3_credentials.ts";
import { judgeS3 } from "./s3_failure.ts";
import { objectKey } from "../object_key.ts";
import { endpointOf, regionOf } from "./s3_options.ts";
import { StallLimit } from "../stall_limit.ts";

const TIMEOUT_MS = 30_000;
const STALL_MS = 120_000;
const CLEANUP_TIMEOUT_MS = 10_000;
const RETRIES = { attempts: 4, baseDelayMs: 500, maxDelayMs: 30_000 };

type Sdk = typeof import("@aws-sdk/client-s3");

/** Talks to one server about one object. */
export interface S3Session {
  sdk: Sdk;
  clock: Clock;
  /** For messages: `bucket "x" at http://…`. */
  where: string;
  target: { Bucket: string; Key: string };
  /** Sends a command, again when that may help.
   * @param timeoutMs default: 30 s
   * @throws what the SDK throws, or the signal's reason */
  // deno-lint-ignore no-explicit-any -- the SDK's overloads do not survive a generic call
  send(command: any, timeoutMs?: number): Promise<any>;
  /** As `send`, for a command with a large body: it may take as long as it takes, as long as it goes on.
   * @param make gets what must wait for each piece of the body */
  // deno-lint-ignore no-explicit-any -- as above
  sendBody(make: (beforePiece: (bytes: number) => Promise<void>) => any, signal: AbortSignal): Promise<any>;
  /** Sends a command that frees something: once, for a short time of its own, for the run's signal may be the very reason.
   * @throws as `send` */
  // deno-lint-ignore no-explicit-any -- as above
  sendOnce(command: any): Promise<any>;
  close(): void;
}

/** @throws `UploadError` when there are no credentials */
export async function openS3(file: LocalFile, destination: Destination, context: UploadContext): Promise<S3Session> {
  const { env, signal } = context;
  const clock = context.clock ?? systemClock;
  const endpoint = endpointOf(destination, env);
  const region = regionOf(destination, env);
  const bucket = destination.url.host;
  const credentials = await s3Credentials(destination, context.env, context.secret);
  const [sdk, { FetchHttpHandler }] = await Promise.all([
    import("@aws-sdk/client-s3"),
    import("@smithy/fetch-http-handler"),
  ]);
  const client = new sdk.S3Client({
    region,
    endpoint,
    credentials,
    forcePathStyle: destination.options.forcePathStyle === undefined
      ? endpoint !== undefined
      : destination.options.forcePathStyle === "true",
    requestHandler: new FetchHttpHandler(), // the default one, on node:http, hangs
    maxAttempts: 1, // retries are ours: bounded, and ended by the signal
  });
  countBodies(client);
  // deno-lint-ignore no-explicit-any -- as above
  const once = async (command: any, signal: AbortSignal) => {
    try {
      // deno-lint-ignore no-explicit-any -- as above
      return await client.send(command, { abortSignal: signal }) as any;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  };
  const again = <T>(action: () => Promise<T>, signal: AbortSignal) =>
    retry(action, { ...RETRIES, clock, signal, judge: (error) => judgeS3(error, clock.now()) });
  return {
    sdk,
    clock,
    where: `bucket "${bucket}" ${endpoint === undefined ? `in ${region}` : `at ${endpoint}`}`,
    target: { Bucket: bucket, Key: objectKey(destination.url, file.name) },
    send: (command, timeoutMs = TIMEOUT_MS) =>
      again(() => withTimeLimit(timeoutMs, signal, (signal) => once(command, signal)), signal),
    sendBody: (make, signal) =>
      again(async () => {
        using limit = new StallLimit(STALL_MS, signal);
        const beforePiece = async (bytes: number) => {
          if (context.pace === undefined) limit.touch();
          else await limit.allow(context.pace(bytes, limit.signal));
        };
        return await once(make(beforePiece), limit.signal);
      }, signal),
    sendOnce: (command) => withTimeLimit(CLEANUP_TIMEOUT_MS, undefined, (signal) => once(command, signal)),
    close: () => client.destroy(),
  };
}

/** What is read from a file counts when it is read. */
function countBodies(client: S3Client): void {
  client.middlewareStack.add((next) => (args) => {
    const { body } = args.request as { body?: unknown };
    countSent(body);
    return next(args);
  }, { step: "finalizeRequest", name: "countBodies" });
}
