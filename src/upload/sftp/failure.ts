import { describeError, SupportBundleError } from "../../core/errors.ts";
import { formatSize } from "../../core/size.ts";
import { isConnectionFailure } from "../http/http_failure.ts";
import { UploadError } from "../upload_error.ts";
import type { LocalFile } from "../uploader.ts";
import { SFTP_STATUS, sftpStatus } from "./session.ts";

/** Whether a new connection may help. */
export function isSftpTransient(error: unknown): boolean {
  if (error instanceof UploadError) return error.transient;
  switch (levelOf(error)) {
    case "client-timeout":
    case "client-socket":
    case "client-dns":
      return true;
    case "client-authentication":
      return false;
    case "handshake":
    case "protocol":
      return !/no matching/i.test(describeError(error));
  }
  const status = sftpStatus(error);
  if (status !== undefined) return status === SFTP_STATUS.failure || status > 4 && status < 8;
  return isConnectionFailure(error) || /No response from server|Channel open failure/i.test(describeError(error));
}

/** The failure in the words of an {@linkcode UploadError}: what could not be done, where, and what to do.
 * @param freeBytes what is left at the server, where it says so */
export function explainSftp(error: unknown, where: string, file: LocalFile, freeBytes?: number): UploadError {
  if (error instanceof UploadError) return error;
  const transient = isSftpTransient(error);
  const fail = (why: string, hint: string, code: Uppercase<string> = "UPLOAD_FAILED", again = transient) =>
    new UploadError(`Cannot deliver the bundle to ${where}: ${why}`, {
      transient: again,
      code,
      hint: `${hint}. The bundle is still in ${file.path}`,
    });
  if (error instanceof SupportBundleError) return fail(error.message, error.hint ?? "Check the destination");
  const why = describeError(error);
  if (levelOf(error) === "client-authentication") {
    return fail(
      "the server lets nobody in with these credentials",
      "Check user and credentials: the public key has to be in the server's authorized_keys",
      "UPLOAD_CREDENTIALS",
    );
  }
  switch (sftpStatus(error)) {
    case SFTP_STATUS.permissionDenied:
      return fail("permission denied", "Let this user write to that folder", "UPLOAD_DENIED");
    case SFTP_STATUS.noSuchFile:
      return fail("no such file or folder", "Check the path: it begins at the server's root, or at home with /~/");
    case SFTP_STATUS.noSpace:
    case SFTP_STATUS.quota:
      return noRoom();
    case SFTP_STATUS.failure:
      // All that the protocol of OpenSSH says of a full disk.
      if (freeBytes !== undefined && freeBytes < file.bytes) return noRoom();
      return fail(`the server cannot do it (${why})`, "Check the server's log, its disk and the user's quota");
  }
  if (/no matching/i.test(why)) {
    return fail(
      `the two have no algorithm in common (${why})`,
      "Let the server allow aes256-ctr, hmac-sha2-256 and curve25519-sha256",
    );
  }
  return transient
    ? fail(`no connection (${why})`, "Check the host, the port and the network", "UPLOAD_UNREACHABLE")
    : fail(why, "Check the destination");

  function noRoom(): UploadError {
    return fail(
      `there is no room for its ${formatSize(file.bytes)}`,
      "Make room there, then deliver it again",
      "DISK_FULL",
      false,
    );
  }
}

/** What `ssh2` says a failure is of. */
function levelOf(error: unknown): string | undefined {
  return error instanceof Error && "level" in error && typeof error.level === "string" ? error.level : undefined;
}
