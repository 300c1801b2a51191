import { UsageError } from "../../core/errors.ts";
import { isLoopback } from "../../core/loopback.ts";
import type { Destination } from "../uploader.ts";
import { refuseSecretOptions } from "./https_credentials.ts";

/** Names of the options of `https:` destinations, with what they mean. */
export const HTTPS_OPTIONS: Record<string, string> = {
  method: "PUT (the file is the body) or POST (a form, multipart/form-data); default: PUT",
  presigned:
    "true: the credentials are the whole URL with its signature, or a presigned POST as JSON with url and fields",
  auth: "bearer, basic (USER:PASSWORD) or header (Name: VALUE); default: what the credentials look like",
  verify: "auto (asks with HEAD for the size, where it may), head, get (reads all of it back) or none; default: auto",
  contentType: "default: application/gzip, application/octet-stream for a bundle that is encrypted",
  createFolders: "true: makes the folders of a WebDAV server that are missing",
  fileField: "name of the form's field with the file; default: file",
  "field.*": "another field of the form, before the file: field.project=demo",
  "header.*": "another header, which is no secret: header.x-ms-blob-type=BlockBlob",
  metadataPrefix: "sends job, execution, cluster and labels as headers that begin so: X-Object-Meta-",
  caFile: "PEM file of an authority to trust beside the system's",
  insecure: "true: allows http: to other machines than this one; the bundle and its credentials can be read on the way",
};

const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
/** They say how the body is sent, or where to. */
const OWN_HEADERS =
  /^(?:host|connection|content-length|content-type|transfer-encoding|expect|te|trailer|upgrade|proxy-.*)$/i;

/** Refuses what could never work.
 * @throws {UsageError} that repeats no secret */
export function validateHttps({ url, options, credentials }: Destination): void {
  if (url.hostname === "") throw new UsageError("The destination names no server", "Write https://host/folder/");
  if (url.protocol === "http:" && !isLoopback(url.hostname) && options.insecure !== "true") {
    throw new UsageError(
      `The destination http://${url.host} would carry the bundle and its credentials in the clear`,
      "Write https://, or pass --upload-options insecure=true where the network is yours",
    );
  }
  oneOf(options, "method", ["PUT", "POST"]);
  oneOf(options, "auth", ["bearer", "basic", "header"]);
  oneOf(options, "verify", ["auto", "head", "get", "none"]);
  for (const flag of ["presigned", "createFolders", "insecure"]) oneOf(options, flag, ["true", "false"]);
  refuseSecretOptions(options);
  const isPost = options.method === "POST";
  for (const [name, value] of Object.entries(options)) {
    const [, kind, inner = ""] = /^(header|field)\.(.*)$/.exec(name) ?? [];
    if (kind === "header" && (!TOKEN.test(inner) || OWN_HEADERS.test(inner))) {
      throw new UsageError(`The option ${name} names no header that can be set`, "Write header.NAME=value");
    }
    // deno-lint-ignore no-control-regex
    if ((kind === "header" || name === "contentType") && /[\u0000-\u001f\u007f]/.test(value)) {
      throw new UsageError(`The option ${name} has characters that no header can have`);
    }
    if ((kind === "field" || name === "fileField") && !isPost) {
      throw new UsageError(`The option ${name} is for forms`, "Add method=POST, or leave it out");
    }
  }
  if (options.metadataPrefix !== undefined && !TOKEN.test(options.metadataPrefix)) {
    throw new UsageError("The option metadataPrefix cannot begin a header's name", "Write one such as X-Object-Meta-");
  }
  if (options.presigned === "true") {
    if (credentials === undefined) {
      throw new UsageError(
        "The option presigned=true comes without the presigned URL",
        "Name it by reference: --upload-credentials env:NAME or file:/path",
      );
    }
    if (options.auth !== undefined) {
      throw new UsageError("The options presigned and auth exclude each other", "Leave one of them out");
    }
  } else if (options.auth !== undefined && credentials === undefined) {
    throw new UsageError("The option auth comes without credentials", "Add --upload-credentials env:NAME");
  }
}

function oneOf(options: Readonly<Record<string, string>>, name: string, allowed: readonly string[]): void {
  const value = options[name];
  if (value === undefined || allowed.includes(value)) return;
  const [last, ...others] = allowed.toReversed();
  throw new UsageError(`The option ${name} is "${value}"`, `Write ${others.toReversed().join(", ")} or ${last}`);
}
