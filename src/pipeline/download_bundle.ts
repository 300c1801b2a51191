import { createHash } from "node:crypto";
import { TempFile } from "../bundle/temp_file.ts";
import { openTransport } from "../collect/http_transport.ts";
import type { Clock } from "../core/clock.ts";
import { startDeadline } from "../core/deadline.ts";
import { describeError, SupportBundleError } from "../core/errors.ts";
import { formatSize } from "../core/size.ts";
import { getFollowing } from "../spec/get_following.ts";
import { shownUrl } from "../spec/spec_source.ts";

export interface DownloadOptions {
  /** For the variables that name proxies. */
  env: Readonly<Record<string, string>>;
  clock: Clock;
  signal: AbortSignal;
  tempFolder: string;
  /** Does not verify the server's certificate. */
  insecure?: boolean;
  maxBytes?: number;
}

const MAX_BYTES = 10e9;
/** How long a server may say nothing. */
const SILENCE_MS = 60_000;

/** Downloads a bundle into a temporary file without a name, at the pace of the disk.
 * @returns it, and the SHA-256 of what came, in lower-case hex
 * @throws {SupportBundleError} BUNDLE_DOWNLOAD for anything but an answer of 200; the address is shown without user,
 * password and query
 * @throws {DiskError} when the temporary folder is full */
export async function downloadBundle(url: URL, options: DownloadOptions): Promise<{ file: TempFile; sha256: string }> {
  const { clock, signal, maxBytes = MAX_BYTES } = options;
  const file = new TempFile(options.tempFolder);
  const stop = new AbortController();
  let silent = false;
  const notSilent = async <T>(step: Promise<T>): Promise<T> => {
    using deadline = startDeadline(clock, SILENCE_MS, signal);
    const end = () => {
      silent = deadline.expired;
      stop.abort(deadline.signal.reason);
    };
    if (deadline.signal.aborted) end();
    deadline.signal.addEventListener("abort", end, { once: true });
    try {
      return await step;
    } finally {
      deadline.signal.removeEventListener("abort", end);
    }
  };
  try {
    using transport = await openTransport({ insecureSkipVerify: options.insecure === true }, options.env);
    const response = await notSilent(
      getFollowing(url, transport, { signal: stop.signal, fail: (why, hint) => failure(url, why, hint) }),
    );
    if (response.status !== 200) {
      await response.body?.cancel();
      throw failure(url, `the server answered ${response.status}`);
    }
    const hash = createHash("sha256");
    const reader = response.body!.getReader();
    for (let next = await notSilent(reader.read()); !next.done; next = await notSilent(reader.read())) {
      if (file.size + next.value.length > maxBytes) {
        await reader.cancel();
        throw failure(url, `it is larger than ${formatSize(maxBytes)}`, "Download it yourself, and name the file");
      }
      hash.update(next.value);
      file.append(next.value);
    }
    return { file, sha256: hash.digest("hex") };
  } catch (error) {
    file[Symbol.dispose]();
    signal.throwIfAborted();
    if (error instanceof SupportBundleError) throw error;
    // No cause: messages of fetch quote the address, and a query may hold a token.
    const why = silent
      ? `the server said nothing for ${SILENCE_MS / 1000} s`
      : describeError(error).replace(/\bhttps?:\/\/[^\s)"']+/g, shownUrl(url));
    throw failure(url, why);
  }
}

function failure(url: URL, why: string, hint = "Check the address and the proxy settings"): SupportBundleError {
  return new SupportBundleError(`Cannot download the bundle ${shownUrl(url)}: ${why}`, {
    code: "BUNDLE_DOWNLOAD",
    hint,
  });
}
