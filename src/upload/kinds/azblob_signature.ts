import { createHmac } from "node:crypto";

export interface SharedKey {
  account: string;
  /** Base64. */
  key: string;
}

/** The header `Authorization` of a request: the signature of what it asks for, under the account's key.
 * @param headers all that are signed, names in lower case: `x-ms-*` and those of HTTP that are named below
 * @see https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key */
export function sharedKeyAuthorization(
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  { account, key }: SharedKey,
): string {
  const length = headers["content-length"] ?? "0";
  const text = [
    method,
    headers["content-encoding"] ?? "",
    headers["content-language"] ?? "",
    length === "0" ? "" : length,
    headers["content-md5"] ?? "",
    headers["content-type"] ?? "",
    "", // Date: x-ms-date has it
    headers["if-modified-since"] ?? "",
    headers["if-match"] ?? "",
    headers["if-none-match"] ?? "",
    headers["if-unmodified-since"] ?? "",
    headers.range ?? "",
    ...serviceHeaders(headers),
    resource(url, account),
  ].join("\n");
  return `SharedKey ${account}:${createHmac("sha256", Uint8Array.fromBase64(key)).update(text).digest("base64")}`;
}

function serviceHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.keys(headers).filter((name) => name.startsWith("x-ms-")).sort()
    .map((name) => `${name}:${headers[name]!.trim().replaceAll(/\s+/g, " ")}`);
}

function resource(url: URL, account: string): string {
  const names = [...new Set([...url.searchParams.keys()])].sort();
  const parameters = names.map((name) => `\n${name.toLowerCase()}:${url.searchParams.getAll(name).sort().join(",")}`);
  return `/${account}${url.pathname}${parameters.join("")}`;
}
