import { posix } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { validateCredentialReference } from "../../core/credential_reference.ts";
import { UsageError } from "../../core/errors.ts";
import { retry } from "../../core/retry.ts";
import { withTimeLimit } from "../../core/time_limit.ts";
import { defaultKnownHosts, type HostKeys, knownHostKeys, pinnedHostKeys } from "../sftp/host_key.ts";
import { explainSftp, isSftpTransient } from "../sftp/failure.ts";
import { type LoginMethod, loginMethods } from "../sftp/login.ts";
import { partialOf, type SftpState } from "../sftp/partial.ts";
import { SftpSession, sftpStatus } from "../sftp/session.ts";
import { hashRemote, isSameBetween, UNSURE_BYTES, writeFrom } from "../sftp/transfer.ts";
import { StallLimit } from "../stall_limit.ts";
import { UploadError } from "../upload_error.ts";
import type { Delivery, Destination, LocalFile, ResumeState, UploadContext, Uploader } from "../uploader.ts";

const RETRIES = { attempts: 4, baseDelayMs: 500, maxDelayMs: 30_000 };
const STALL_MS = 120_000;
const CLEAN_UP_MS = 10_000;
/** So much before the place where an upload goes on is compared. */
const COMPARED_BYTES = 256 * 1024;

/** A folder or a file of an SSH server. */
export const sftp: Uploader = {
  scheme: "sftp",
  summary: "A folder (sftp://user@host/folder/, below home sftp://user@host/~/folder/) or a file of an SSH server",
  userInUrl: true,
  options: {
    hostKey: "fingerprint of the server's key: SHA256:…, as ssh-keygen -l prints it; several separated by blanks",
    knownHosts: "file with the keys of servers; default: ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts",
    passphrase: "reference to the passphrase of the private key: env:NAME",
    verify: "full (reads all of it back) or size; default: full",
  },

  validate({ url, options }: Destination): void {
    if (url.hostname === "") throw new UsageError("The destination names no server", "Write sftp://user@host/folder/");
    if (url.username === "") {
      throw new UsageError(
        `The destination sftp://${url.host} names no user`,
        `Write sftp://USER@${url.host}${url.pathname}`,
      );
    }
    remotePath(url, "name");
    if (
      options.hostKey !== undefined &&
      !/^\s*SHA256:[A-Za-z0-9+/]{43}=?(?:\s+SHA256:[A-Za-z0-9+/]{43}=?)*\s*$/.test(options.hostKey)
    ) {
      throw new UsageError(
        "The option hostKey is not the fingerprint of a key",
        "Write SHA256:… as this prints it: ssh-keyscan HOST | ssh-keygen -lf -",
      );
    }
    if (options.verify !== undefined && options.verify !== "full" && options.verify !== "size") {
      throw new UsageError(`The option verify is "${options.verify}"`, "Write full or size");
    }
    if (options.passphrase !== undefined) validateCredentialReference(options.passphrase);
  },

  async upload(file: LocalFile, destination: Destination, context: UploadContext): Promise<Delivery> {
    context.signal.throwIfAborted();
    const clock = context.clock ?? systemClock;
    const { url } = destination;
    const where = `sftp://${url.host}${url.pathname}`;
    try {
      const server = await serverOf(file, destination, context);
      const target = remotePath(url, file.name);
      const { partial, stale } = await partialOf(file, target, context.resume);
      const delivery: SftpDelivery = { file, destination, context, server, target, partial, where };
      try {
        if (stale !== undefined) await cleanUp(delivery, stale);
        await context.resume?.save({ version: 1, partial, sha256: file.sha256 } satisfies SftpState);
        let furthest = 0;
        const progress = (sent: number) => sent > furthest && context.progress(furthest = sent);
        await retry((attempt) => deliver({ ...delivery, context: { ...context, progress } }, attempt), {
          ...RETRIES,
          clock,
          signal: context.signal,
          judge: (error) => ({ retry: isSftpTransient(error) }),
        });
      } catch (error) {
        const goesOn = context.resume !== undefined &&
          !(error instanceof UploadError && error.code === "UPLOAD_CORRUPT");
        if (!goesOn) {
          await cleanUp(delivery, partial);
          await context.resume?.clear();
        }
        throw error;
      }
      await context.resume?.clear();
      return { url: deliveredUrl(url, target), bytes: file.bytes, sha256: file.sha256 };
    } catch (error) {
      context.signal.throwIfAborted();
      throw explainSftp(error, where, file);
    }
  },

  async abandon(
    file: LocalFile,
    destination: Destination,
    context: UploadContext & { resume: ResumeState },
  ): Promise<void> {
    const { url } = destination;
    try {
      const server = await serverOf(file, destination, context);
      const target = remotePath(url, file.name);
      const { partial, stale } = await partialOf(file, target, context.resume);
      await using session = await connect(server, context.signal);
      for (const path of new Set([partial, stale])) if (path !== undefined) await removeFile(session, path);
    } catch (error) {
      context.signal.throwIfAborted();
      throw explainSftp(error, `sftp://${url.host}${url.pathname}`, file);
    }
    await context.resume.clear();
  },
};

interface Server {
  host: string;
  port: number;
  username: string;
  methods: LoginMethod[];
  hostKeys: HostKeys;
}

interface SftpDelivery {
  file: LocalFile;
  destination: Destination;
  context: UploadContext;
  server: Server;
  target: string;
  partial: string;
  where: string;
}

async function serverOf(file: LocalFile, destination: Destination, context: UploadContext): Promise<Server> {
  const { url, options } = destination;
  const [host, port] = [url.hostname, Number(url.port || 22)];
  const username = decodeURIComponent(url.username);
  const { default: { utils } } = await import("ssh2");
  const methods = await loginMethods(username, destination, context, utils.parseKey);
  const files = options.knownHosts === undefined ? defaultKnownHosts(context.env) : [options.knownHosts];
  const hostKeys = options.hostKey === undefined
    ? await knownHostKeys(files, host, port, file.path)
    : pinnedHostKeys(options.hostKey, host, file.path);
  return { host, port, username, methods, hostKeys };
}

/** @throws {UploadError} `UPLOAD_HOST_KEY` when the server shows no key that is known */
async function connect({ hostKeys, ...server }: Server, signal: AbortSignal): Promise<SftpSession> {
  let refused: Uint8Array | undefined;
  for (const hostKeyAlgorithms of hostKeys.offers) {
    let shown: Uint8Array | undefined;
    const acceptsHostKey = (key: Uint8Array) => {
      if (hostKeys.accepts(key)) return true;
      shown = key;
      return false;
    };
    try {
      return await SftpSession.open({ ...server, hostKeyAlgorithms, acceptsHostKey, signal });
    } catch (error) {
      if (shown === undefined) throw error;
      refused ??= shown;
    }
  }
  throw hostKeys.refusal(refused!);
}

/** One try. It goes on where an earlier one has ended. */
async function deliver(delivery: SftpDelivery, attempt: number): Promise<void> {
  const { file, destination, context, server, target, partial, where } = delivery;
  using limit = new StallLimit(STALL_MS, context.signal);
  await using session = await connect(server, limit.signal);
  const folder = posix.dirname(target);
  try {
    await makeFolders(session, folder);
    const continues = attempt > 1 || context.resume !== undefined;
    const from = continues ? await placeToGoOn(session, delivery, limit) : 0;
    const handle = await session.openFile(partial, from === 0 ? "w" : "r+");
    await writeFrom(session, handle, file, from, context, limit);
    await session.sync(handle);
    await session.closeFile(handle);
    await verify(session, delivery, limit);
    await session.rename(partial, target);
  } catch (error) {
    if (limit.signal.aborted) throw limit.signal.reason;
    if (sftpStatus(error) === undefined) throw error;
    const free = await session.freeBytes(folder).catch(() => undefined);
    throw explainSftp(error, where, file, free === undefined ? undefined : free + (await sizeOf(session, partial)));
  }

  async function verify(session: SftpSession, { where }: SftpDelivery, limit: StallLimit): Promise<void> {
    let same = await sizeOf(session, partial) === file.bytes;
    if (same && destination.options.verify !== "size") {
      const handle = await session.openFile(partial, "r");
      same = await hashRemote(session, handle, file.bytes, limit) === file.sha256;
      await session.closeFile(handle);
    }
    if (same) return;
    await removeFile(session, partial);
    throw new UploadError(`What arrived at ${where} is not the bundle`, {
      transient: true,
      code: "UPLOAD_CORRUPT",
      hint: `Deliver it again; it is still in ${file.path}`,
    });
  }
}

/** How much of the file is at the server already. */
async function placeToGoOn(session: SftpSession, { file, partial }: SftpDelivery, limit: StallLimit): Promise<number> {
  const bytes = await sizeOf(session, partial);
  const from = bytes > file.bytes ? 0 : Math.max(0, bytes - UNSURE_BYTES);
  if (from === 0) return 0;
  const handle = await session.openFile(partial, "r");
  const same = await isSameBetween(session, handle, file, Math.max(0, from - COMPARED_BYTES), from, limit);
  await session.closeFile(handle);
  return same ? from : 0;
}

async function sizeOf(session: SftpSession, path: string): Promise<number> {
  return (await session.stat(path))?.bytes ?? 0;
}

async function makeFolders(session: SftpSession, folder: string): Promise<void> {
  if (await session.stat(folder) !== undefined) return;
  if (posix.dirname(folder) !== folder) await makeFolders(session, posix.dirname(folder));
  await session.makeFolder(folder).catch(async (error) => {
    // Somebody else may have made it meanwhile.
    if (await session.stat(folder) === undefined) throw error;
  });
}

async function removeFile(session: SftpSession, path: string): Promise<void> {
  await session.remove(path).catch(async (error) => {
    if (await session.stat(path) !== undefined) throw error;
  });
}

/** Removes what a delivery leaves behind. It has its own, short time: the run's signal may be the very reason, and a server
 * that cannot be reached keeps it. */
async function cleanUp({ server }: SftpDelivery, path: string): Promise<void> {
  await withTimeLimit(CLEAN_UP_MS, undefined, async (signal) => {
    await using session = await connect(server, signal);
    await removeFile(session, path);
  }).catch(() => {});
}

/** From the server's root, or from home where the path begins with `/~/`. */
function remotePath(url: URL, name: string): string {
  let path: string;
  try {
    path = decodeURIComponent(url.pathname);
    decodeURIComponent(url.username);
  } catch (cause) {
    throw new UsageError(`The URL sftp://${url.host}${url.pathname} has a % that begins no escape`, "Write %25 for %", {
      cause,
    });
  }
  if (path.includes("\0")) throw new UsageError("The path of the destination has a character that no file can have");
  if (path === "" || path.endsWith("/")) path += name;
  return path.startsWith("/~/") ? `./${path.slice(3)}` : path;
}

function deliveredUrl(url: URL, target: string): string {
  const path = target.startsWith("./") ? `/~/${target.slice(2)}` : target;
  return `sftp://${url.username}@${url.host}${
    path.split("/").map(encodeURIComponent).join("/").replace(/^\/%7E/, "/~")
  }`;
}
