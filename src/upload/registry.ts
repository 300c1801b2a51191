import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { validateCredentialReference } from "../core/credential_reference.ts";
import { UsageError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { fillDestination } from "./destination_template.ts";
import { file } from "./kinds/file.ts";
import { s3 } from "./kinds/s3.ts";
import type { Destination, Uploader } from "./uploader.ts";

/** Every kind of destination there is. */
export const uploaders: readonly Uploader[] = [file, s3];

const PLANNED = ["gs", "azblob", "https", "http", "sftp"];
const SAMPLE_FACTS = { at: new Date(0) };

/** @throws {UsageError} when no uploader knows the URL's scheme */
export function findUploader(url: URL): Uploader {
  const scheme = url.protocol.slice(0, -1);
  const found = uploaders.find((uploader) => uploader.scheme === scheme);
  if (found !== undefined) return found;
  const known = uploaders.map((uploader) => `${uploader.scheme}:`).join(", ");
  if (PLANNED.includes(scheme)) {
    throw new UsageError(`Destinations with ${scheme}: are not in this version`, `Use one of ${known}`);
  }
  const meant = nearest(scheme, uploaders.map((uploader) => uploader.scheme));
  throw new UsageError(
    `No kind of destination begins with ${scheme}:`,
    meant === undefined ? `Use one of ${known}` : `Did you mean ${meant}:?`,
  );
}

/** Reads a destination whose templates are filled in: a URL, or a path, which means `file:`. Refuses what could never work.
 * @param credentials a reference, never a value
 * @throws {UsageError} that repeats no secret */
export function parseDestination(
  text: string,
  options: Readonly<Record<string, string>> = {},
  credentials?: string,
): Destination {
  const url = parseUrl(text.trim());
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(
      `The destination ${url.protocol}//${url.host} has a user name or password in its URL`,
      "Leave it out of the URL, and name the credentials by reference: --upload-credentials env:NAME",
    );
  }
  const uploader = findUploader(url);
  if (url.search !== "" || url.hash !== "") {
    throw new UsageError(
      `The destination ${url.protocol}//${url.host} has a query (?…) or a fragment (#…) in its URL`,
      "Pass options with --upload-options name=value and credentials with --upload-credentials env:NAME; " +
        "write %3F and %23 for ? and # in a name",
    );
  }
  checkOptions(uploader, options);
  if (credentials !== undefined && credentials !== "") validateCredentialReference(credentials);
  const destination = { url, options: { ...options }, credentials: credentials || undefined };
  uploader.validate(destination);
  return destination;
}

/** As {@linkcode parseDestination}, for a destination that may still have templates: called when a job is made. */
export function validateDestination(
  text: string,
  options: Readonly<Record<string, string>> = {},
  credentials?: string,
): void {
  parseDestination(fillDestination(text, SAMPLE_FACTS), options, credentials);
}

function parseUrl(text: string): URL {
  const isPath = /^(?:[.]{0,2}[/\\]|[A-Za-z]:[/\\]|[.]{1,2}$)/.test(text);
  if (isPath) {
    const url = pathToFileURL(resolve(text));
    if (/[/\\]$/.test(text) && !url.pathname.endsWith("/")) url.pathname += "/";
    return url;
  }
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) || !URL.canParse(text)) {
    throw new UsageError(
      /[:@?]/.test(text) ? "The destination is not a URL" : `The destination "${text}" is neither a URL nor a path`,
      "Write s3://bucket/folder/, file:///folder/ or a path such as ./folder/",
    );
  }
  return new URL(text);
}

function checkOptions(uploader: Uploader, options: Readonly<Record<string, string>>): void {
  const names = Object.keys(uploader.options);
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    if (/key|secret|token|password/i.test(name)) {
      throw new UsageError(
        `"${name}" is no option of ${uploader.scheme}: destinations`,
        "Credentials are named by reference: --upload-credentials env:NAME or file:/path",
      );
    }
    const meant = nearest(name, names);
    throw new UsageError(
      `"${name}" is no option of ${uploader.scheme}: destinations`,
      meant !== undefined
        ? `Did you mean "${meant}"?`
        : names.length === 0
        ? "They have none"
        : `They are: ${names.join(", ")}`,
    );
  }
}
