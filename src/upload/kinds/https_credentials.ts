import { UsageError } from "../../core/errors.ts";
import { badCredential, readCredential } from "../read_credential.ts";
import type { Destination, UploadContext } from "../uploader.ts";

/** What the secret of an `https:` destination turns into: the request to make, with everything in it that nobody may see. */
export interface Access {
  /** The destination's own, unless the secret is a presigned URL. */
  url: URL;
  headers: Record<string, string>;
  /** Form fields of a presigned POST. */
  fields: Record<string, string>;
}

const FORMS = "Write a token, USER:PASSWORD, or a whole header such as X-Api-Key: VALUE";
const PRESIGNED_FORMS = 'Write the whole URL, or {"url": …, "fields": {…}} as for a presigned POST of S3';
// deno-lint-ignore no-control-regex
const NOT_IN_HEADERS = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/** Reads the credentials of a destination.
 * @throws {UploadError} `UPLOAD_CREDENTIALS` when they cannot be had or are of no use; none repeats a value */
export async function httpsAccess(destination: Destination, context: Pick<UploadContext, "secret">): Promise<Access> {
  const { url, options, credentials } = destination;
  if (credentials === undefined) return { url, headers: {}, fields: {} };
  const presigned = options.presigned === "true";
  const text = (await readCredential(credentials, context, presigned ? PRESIGNED_FORMS : FORMS)).trim();
  if (presigned) return presignedAccess(text, credentials, url);
  const header = authHeader(text, options.auth);
  if (header === undefined || NOT_IN_HEADERS.test(header[1])) {
    throw badCredential(`What ${credentials} names cannot be sent${forAuth(options.auth)}`, FORMS);
  }
  return { url, headers: { [header[0]]: header[1] }, fields: {} };
}

/** The header that a secret is sent in.
 * @param auth `bearer`, `basic` or `header`; undefined: what the secret looks like
 * @returns undefined when the secret is of no use for that */
export function authHeader(secret: string, auth: string | undefined): [name: string, value: string] | undefined {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]+(.+)$/.exec(secret) ?? [];
  const scheme = /^(?:bearer|basic|digest|token|apikey)[ \t]+\S/i.test(secret);
  switch (auth ?? (name !== undefined ? "header" : scheme ? "scheme" : secret.includes(":") ? "basic" : "bearer")) {
    case "header":
      return name === undefined ? undefined : [name, value!];
    case "basic":
      return secret.includes(":")
        ? ["Authorization", `Basic ${new TextEncoder().encode(secret).toBase64()}`]
        : undefined;
    case "scheme":
      return ["Authorization", secret];
    case "bearer":
      return /^\S+$/.test(secret.replace(/^bearer[ \t]+/i, ""))
        ? ["Authorization", `Bearer ${secret.replace(/^bearer[ \t]+/i, "")}`]
        : undefined;
  }
}

function forAuth(auth: string | undefined): string {
  return auth === undefined ? " in a header" : ` with auth=${auth}`;
}

/** The secret may only lead to where the destination says that the bundle goes: a wrong one would send it to a stranger. */
function presignedAccess(text: string, reference: string, to: URL): Access {
  const { url, fields } = parsePresigned(text);
  if (url === undefined) throw badCredential(`What ${reference} names is no presigned URL`, PRESIGNED_FORMS);
  if (url.origin !== to.origin) {
    throw badCredential(
      `What ${reference} names is a URL of another server than ${to.origin}`,
      "Name the server of the presigned URL as the destination",
    );
  }
  const inside = to.pathname.endsWith("/") ? url.pathname.startsWith(to.pathname) : url.pathname === to.pathname;
  if (!inside) {
    throw badCredential(
      `What ${reference} names is a URL of another path than ${to.origin}${to.pathname}`,
      `Name the path of the presigned URL, or ${to.origin}/, as the destination`,
    );
  }
  return { url, headers: {}, fields };
}

function parsePresigned(text: string): { url?: URL; fields: Record<string, string> } {
  let address: unknown = text;
  let fields: unknown = {};
  if (text.startsWith("{")) {
    try {
      ({ url: address, fields = {} } = JSON.parse(text));
    } catch {
      return { fields: {} };
    }
  }
  const url = typeof address === "string" ? URL.parse(address) : null;
  const usable = url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" &&
    typeof fields === "object" && fields !== null &&
    Object.values(fields).every((value) => typeof value === "string");
  return usable ? { url, fields: fields as Record<string, string> } : { fields: {} };
}

/** Refuses options that are a secret themselves, whatever they are called.
 * @throws {UsageError} that does not repeat the value */
export function refuseSecretOptions(options: Readonly<Record<string, string>>): void {
  for (const option of Object.keys(options)) {
    const [, kind, name = ""] = /^(header|field)\.(.*)$/.exec(option) ?? [];
    const secret = kind === "header"
      ? /authorization|cookie|token|secret|password|api-?key|signature/i
      : /token|secret|password|api-?key|signature|policy|credential/i;
    if (kind === undefined || !secret.test(name)) continue;
    throw new UsageError(
      `The option ${option} would hold a secret`,
      kind === "header"
        ? "Name it by reference: --upload-credentials env:NAME, with Header: VALUE as what it names"
        : "Name it by reference: --upload-credentials env:NAME with --upload-options presigned=true, with " +
          '{"url": …, "fields": {…}} as what it names',
    );
  }
}
