import { tryParseDuration } from "../../core/duration.ts";
import type { LocalFile } from "../uploader.ts";
import { contentTypeOf } from "../content_type.ts";

/** What the service is told beside the bytes: with each block, and with the list that makes the blob.
 * @param now when a retention begins */
export function blobHeaders(
  file: LocalFile,
  options: Readonly<Record<string, string>>,
  now: Date,
): { block: Record<string, string>; blob(md5: string): Record<string, string> } {
  const block = present({ "x-ms-encryption-scope": options.encryptionScope });
  const metadata = Object.entries({ ...file.metadata, sha256: file.sha256 })
    .map(([name, value]) => [`x-ms-meta-${identifier(name)}`, headerValue(value)]);
  const blob = {
    ...block,
    ...Object.fromEntries(metadata),
    ...present({
      "x-ms-access-tier": options.accessTier,
      "x-ms-tags": tagsOf(options.tags ?? ""),
      "x-ms-legal-hold": options.legalHold,
    }),
    ...options.retainFor === undefined ? {} : {
      "x-ms-immutability-policy-until-date": new Date(now.getTime() + tryParseDuration(options.retainFor)!)
        .toUTCString(),
      "x-ms-immutability-policy-mode": options.retentionMode ?? "Unlocked",
    },
  };
  return {
    block,
    blob: (md5) => ({ ...blob, "x-ms-blob-content-type": contentTypeOf(file.name), "x-ms-blob-content-md5": md5 }),
  };
}

/** Names of metadata are identifiers; case does not count. */
function identifier(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_").replace(/^(?=\d)/, "_");
}

/** What headers cannot hold is percent-encoded. */
function headerValue(value: string): string {
  return value.replaceAll(/[^\x20-\x7e]+/gu, encodeURIComponent).trim();
}

function tagsOf(tags: string): string {
  return [...new URLSearchParams(tags)].map((tag) => tag.map(encodeURIComponent).join("=")).join("&");
}

function present(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])));
}
