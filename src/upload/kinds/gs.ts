import { systemClock } from "../../core/clock.ts";
import { tryParseDuration } from "../../core/duration.ts";
import { UsageError } from "../../core/errors.ts";
import { type Advice, explainCloud, ServiceFailure } from "../cloud_failure.ts";
import { parseEndpoint, requireEncryption } from "../endpoint.ts";
import { filePieces, pieceBytes } from "../file_pieces.ts";
import { objectKey } from "../object_key.ts";
import { UploadError } from "../upload_error.ts";
import type { Delivery, Destination, LocalFile, ResumeState, UploadContext, Uploader } from "../uploader.ts";
import { GsClient, isGone, type Received, type StoredObject } from "./gs_client.ts";
import { type GoogleToken, googleToken } from "./gs_credentials.ts";
import { contentTypeOf } from "../content_type.ts";

const SERVER = "https://storage.googleapis.com";

/** Cloud Storage of Google. */
export const gs: Uploader = {
  scheme: "gs",
  summary: "A bucket of Google Cloud Storage (gs://bucket/folder/ or gs://bucket/name.tar.gz)",
  options: {
    endpoint: `URL of the server; default: STORAGE_EMULATOR_HOST, else ${SERVER}`,
    userProject: "project that pays, where the bucket lets its requester pay",
    storageClass: "such as NEARLINE, COLDLINE or ARCHIVE; default: the bucket's",
    kmsKeyName: "projects/P/locations/L/keyRings/R/cryptoKeys/K; default: the bucket's",
    predefinedAcl: "such as bucketOwnerFullControl, for buckets with access lists",
    customTime: "a time (RFC 3339) for the bucket's lifecycle rules",
    temporaryHold: "true: cannot be deleted until the hold is released",
    eventBasedHold: "true: the bucket's retention begins when the hold is released",
    retainFor: "duration such as 30d during which the object cannot be deleted; needs a bucket with object retention",
    retentionMode: "Unlocked or Locked; default: Unlocked",
  },

  validate({ url, options }: Destination): void {
    if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(url.host)) {
      throw new UsageError(
        url.host === "" ? "The destination gs: names no bucket" : `"${url.host}" is no name of a bucket`,
        "Write gs://bucket/folder/",
      );
    }
    objectKey(url, "name");
    if (options.endpoint !== undefined) parseEndpoint(options.endpoint);
    for (const name of ["temporaryHold", "eventBasedHold"]) oneOf(options, name, ["true", "false"]);
    oneOf(options, "retentionMode", ["Unlocked", "Locked"]);
    if (options.retentionMode !== undefined && options.retainFor === undefined) {
      throw new UsageError("The option retentionMode says nothing without retainFor", "Add retainFor=30d");
    }
    if (options.retainFor !== undefined && !((tryParseDuration(options.retainFor) ?? 0) > 0)) {
      throw new UsageError(`The option retainFor is "${options.retainFor}"`, "Write a duration such as 30d");
    }
    if (options.customTime !== undefined && !/^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(options.customTime)) {
      throw new UsageError(`The option customTime is "${options.customTime}"`, "Write it as 2026-01-31T00:00:00Z");
    }
  },

  async upload(file: LocalFile, destination: Destination, context: UploadContext): Promise<Delivery> {
    context.signal.throwIfAborted();
    const upload = prepare(file, destination, context);
    try {
      await deliver(upload);
    } catch (error) {
      context.signal.throwIfAborted();
      throw explainCloud(error, { ...upload, keptIn: file.path, now: upload.now(), advise });
    }
    return { url: `gs://${upload.bucket}/${upload.key}`, bytes: file.bytes, sha256: file.sha256 };
  },

  async abandon(file, destination, context): Promise<void> {
    const { client, resume } = prepare(file, destination, context);
    const session = await resume?.load();
    if (session !== undefined) await client.cancel(session);
    await resume?.clear();
  },
};

interface GsUpload {
  client: GsClient;
  file: LocalFile;
  context: UploadContext;
  where: string;
  bucket: string;
  key: string;
  options: Readonly<Record<string, string>>;
  resume?: SessionState;
  now(): Date;
}

function prepare(file: LocalFile, destination: Destination, context: UploadContext): GsUpload {
  const clock = context.clock ?? systemClock;
  const { options } = destination;
  const endpoint = endpointOf(destination, context.env);
  const bucket = destination.url.host;
  const key = objectKey(destination.url, file.name);
  const isEmulator = options.endpoint === undefined && Boolean(context.env.STORAGE_EMULATOR_HOST);
  let token: Promise<GoogleToken> | undefined;
  const client = new GsClient(
    endpoint,
    async (signal) => {
      const value = await (await (token ??= googleToken(destination, context, isEmulator)))(signal);
      if (value !== undefined) requireEncryption(endpoint);
      return value;
    },
    context,
    clock,
  );
  return {
    client,
    file,
    context,
    where: `bucket "${bucket}" ${endpoint === SERVER ? "of Google Cloud Storage" : `at ${endpoint}`}`,
    bucket,
    key,
    options,
    resume: context.resume && sessionState(context.resume, { endpoint, bucket, key, file }),
    now: () => clock.now(),
  };
}

async function deliver(upload: GsUpload): Promise<void> {
  const { client, file, context, resume } = upload;
  let { session, has } = await findSession(upload);
  if (session === undefined) {
    session = await client.startSession(upload.bucket, describe(upload), file.bytes, queryOf(upload.options));
    await resume?.save(session);
  }
  try {
    const { object, md5 } = await sendPieces(upload, session, has);
    await verify(upload, object, md5);
    await resume?.clear();
  } catch (error) {
    if (resume === undefined || isGone(error) || (error instanceof UploadError && error.code === "UPLOAD_CORRUPT")) {
      await client.cancel(session);
      await resume?.clear();
    }
    if (isGone(error)) throw forgotten();
    throw error;
  }
  context.progress(file.bytes);
}

/** The session of an earlier process, when the server still knows it. */
async function findSession({ client, file, resume }: GsUpload): Promise<{ session?: string; has: Received }> {
  const session = await resume?.load();
  const has = session === undefined ? undefined : await client.received(session, file.bytes);
  return has === undefined ? { has: 0 } : { session, has };
}

async function sendPieces(
  upload: GsUpload,
  session: string,
  has: Received,
): Promise<{ object: StoredObject; md5: string }> {
  const { client, file, context } = upload;
  for await (const piece of filePieces(file, pieceBytes(context))) {
    const md5 = piece.wholeMd5?.toBase64();
    const end = piece.offset + piece.body.length;
    if (typeof has === "number" && (has < end || md5 !== undefined)) {
      has = await client.send(session, piece, has, file.bytes, md5).catch((error) => {
        const isOtherMd5 = md5 !== undefined && error instanceof ServiceFailure && error.status === 400;
        throw isOtherMd5 ? corrupt(upload) : error;
      });
    }
    if (md5 === undefined) {
      context.progress(end);
      context.signal.throwIfAborted();
    } else if (typeof has !== "number") return { object: has, md5 };
  }
  throw new ServiceFailure(502, "and did not complete the object");
}

/** Asks the server what it has. It computes the MD5 itself; credentials that may write and not read are common for this
 * purpose: then the one in the answer to the upload has to do. */
async function verify(upload: GsUpload, object: StoredObject, md5: string): Promise<void> {
  const { client, file, bucket, key } = upload;
  const isIt = (stored: StoredObject) =>
    stored.md5Hash === md5 && Number(stored.size) === file.bytes &&
    (stored.metadata === undefined || stored.metadata.sha256 === file.sha256);
  let read = object;
  if (isIt(object)) {
    const { userProject } = upload.options;
    const query = { ...userProject && { userProject }, ...object.generation && { generation: object.generation } };
    read = await client.describe(bucket, key, query).catch((error) => {
      if (error instanceof ServiceFailure && error.status === 403) return object;
      throw error;
    });
  }
  if (isIt(read)) return;
  throw corrupt(upload);
}

/** The object's resource, as the JSON API has it. */
function describe({ file, key, options, now }: GsUpload): Record<string, unknown> {
  const flag = (value: string | undefined) => value === undefined ? undefined : value === "true";
  return {
    name: key,
    contentType: contentTypeOf(file.name),
    metadata: { ...file.metadata, sha256: file.sha256 },
    storageClass: options.storageClass,
    customTime: options.customTime,
    temporaryHold: flag(options.temporaryHold),
    eventBasedHold: flag(options.eventBasedHold),
    retention: options.retainFor === undefined ? undefined : {
      mode: options.retentionMode ?? "Unlocked",
      retainUntilTime: new Date(now().getTime() + tryParseDuration(options.retainFor)!).toISOString(),
    },
  };
}

function queryOf(options: Readonly<Record<string, string>>): Record<string, string> {
  const names = ["userProject", "kmsKeyName", "predefinedAcl"];
  return Object.fromEntries(names.flatMap((name) => options[name] ? [[name, options[name]]] : []));
}

interface SessionState {
  load(): Promise<string | undefined>;
  save(session: string): Promise<void>;
  clear(): Promise<void>;
}

/** The address of an unfinished session, kept for this object and this file alone. */
function sessionState(
  state: ResumeState,
  { endpoint, bucket, key, file }: { endpoint: string; bucket: string; key: string; file: LocalFile },
): SessionState {
  const of = { version: 1, bucket, key, sha256: file.sha256, bytes: file.bytes };
  return {
    async load() {
      const { session, ...rest } = Object(await state.load());
      const isOurs = Object.entries(of).every(([name, value]) => rest[name] === value);
      if (!isOurs || typeof session !== "string" || !URL.canParse(session)) return undefined;
      return new URL(session).origin === new URL(endpoint).origin ? session : undefined;
    },
    save: (session) => state.save({ ...of, session }),
    clear: () => state.clear(),
  };
}

function advise({ status, reason }: ServiceFailure): Advice | undefined {
  switch (reason) {
    case "userProjectMissing":
      return { hint: "The requester pays here: pass --upload-options userProject=…" };
    case "retentionPolicyNotMet":
    case "objectUnderActiveHold":
      return { hint: "An object of this name is retained: choose another name, {execution} for one" };
    case "billingDisabled":
    case "accountDisabled":
      return { hint: "Enable the project's billing", code: "UPLOAD_DENIED" };
  }
  if (status === 404) return { hint: "Make the bucket, or correct its name", code: "UPLOAD_NO_BUCKET" };
  if (status === 401) {
    return { hint: "The token is not valid, or has expired: check the credentials", code: "UPLOAD_CREDENTIALS" };
  }
  if (status === 403) {
    return {
      hint: "Grant these credentials storage.objects.create on the bucket (Storage Object Creator), and " +
        "storage.objects.delete to replace what is there",
      code: "UPLOAD_DENIED",
    };
  }
}

function corrupt({ where, key, file }: GsUpload): UploadError {
  return new UploadError(`What arrived in ${where} as ${key} is not the bundle`, {
    transient: true,
    code: "UPLOAD_CORRUPT",
    hint: `Deliver it again; it is still in ${file.path}`,
  });
}

function forgotten(): UploadError {
  return new UploadError("The server does not know the unfinished upload any more", {
    transient: true,
    hint: "Deliver it again: it begins anew",
  });
}

function endpointOf({ options }: Destination, env: Readonly<Record<string, string>>): string {
  const named = options.endpoint || env.STORAGE_EMULATOR_HOST || SERVER;
  return parseEndpoint(options.endpoint || /^https?:/.test(named) ? named : `http://${named}`);
}

function oneOf(options: Readonly<Record<string, string>>, name: string, values: string[]): void {
  const value = options[name];
  if (value === undefined || values.includes(value)) return;
  throw new UsageError(`The option ${name} is "${value}"`, `Write ${values.join(" or ")}`);
}
