import { systemClock } from "../../core/clock.ts";
import { UsageError } from "../../core/errors.ts";
import { retry } from "../../core/retry.ts";
import { contentTypeOf } from "../content_type.ts";
import { HttpFailure, judgeHttp } from "../http/http_failure.ts";
import { readAuthority } from "../http/read_authority.ts";
import { sendFollowing } from "../http/send_following.ts";
import { isLicenseId, licensesInBundle, licensesInCluster, type PortalLicense } from "../portal_license.ts";
import { badCredential, readCredential } from "../read_credential.ts";
import { UploadError } from "../upload_error.ts";
import type { Delivery, Destination, LocalFile, UploadContext, Uploader } from "../uploader.ts";
import { explainHttps, failureOf } from "./https_failure.ts";

const RETRIES = { attempts: 4, baseDelayMs: 500, maxDelayMs: 30_000 };
const DEFAULT_DOMAIN = "replicated.app";
const FLAGS = "Name them: --license-id env:NAME (or --upload-credentials env:NAME) and --app-slug SLUG";
const SLUG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The portal of an application's vendor. It knows the customer by the license, which is a credential. */
export const portal: Uploader = {
  scheme: "portal",
  summary: `The vendor's portal (enabled, or portal://${DEFAULT_DOMAIN}/app-slug), with the license as credentials`,
  single: () => true,
  options: { caFile: "PEM file of an authority to trust beside the system's" },

  validate({ url }: Destination): void {
    if (slugOf(url) === undefined || SLUG.test(slugOf(url)!)) return;
    throw new UsageError(
      `The destination ${url.href} has a path that is no application's slug`,
      `Write portal://${DEFAULT_DOMAIN}/app-slug`,
    );
  },

  async upload(file: LocalFile, destination: Destination, context: UploadContext): Promise<Delivery> {
    context.signal.throwIfAborted();
    const clock = context.clock ?? systemClock;
    const domain = destination.url.host || DEFAULT_DOMAIN;
    try {
      const { licenseId, appSlug } = await findLicense(file, destination, context);
      const request = {
        method: "POST",
        url: new URL(`https://${domain}/supportbundle/upload/${encodeURIComponent(appSlug)}`),
        headers: { Authorization: licenseId, "Content-Type": contentTypeOf(file.name) },
        file,
        caCerts: await readAuthority(destination.options.caFile),
      };
      let furthest = 0;
      const progress = (sent: number) => sent > furthest && context.progress(furthest = sent);
      await retry(async () => {
        const { answer } = await sendFollowing(request, { ...context, progress });
        if (answer.status < 200 || answer.status > 299) throw failureOf(answer, clock.now());
      }, { ...RETRIES, clock, signal: context.signal, judge: judgeHttp });
      return { url: `portal://${domain}/${appSlug}`, bytes: file.bytes, sha256: file.sha256 };
    } catch (error) {
      context.signal.throwIfAborted();
      throw explain(error, domain, file);
    }
  },
};

/** What the user names comes first, then what the bundle says, then the cluster. License and slug belong together: those of a
 * document are never mixed with another one's.
 * @throws {UploadError} `UPLOAD_CREDENTIALS` when one of them cannot be found, or there are several */
async function findLicense(
  file: LocalFile,
  { url, credentials }: Destination,
  context: UploadContext,
): Promise<PortalLicense> {
  const appSlug = slugOf(url);
  const licenseId = credentials === undefined ? undefined : (await readCredential(credentials, context, FLAGS)).trim();
  if (licenseId !== undefined && !isLicenseId(licenseId)) {
    throw badCredential(
      `What ${credentials} names is no license id`,
      "Name the id of the license, as in its licenseID",
    );
  }
  if (licenseId !== undefined && appSlug !== undefined) return { licenseId, appSlug };
  const fits = (license: PortalLicense) =>
    (licenseId ?? license.licenseId) === license.licenseId && (appSlug ?? license.appSlug) === license.appSlug;
  let found = (await licensesInBundle(file.path, context.signal)).filter(fits);
  if (found.length === 0 && context.kube !== undefined) {
    found = (await licensesInCluster(context.kube, context.signal)).filter(fits);
  }
  if (found.length === 1) return found[0]!;
  const missing = licenseId !== undefined ? "app slug" : appSlug !== undefined ? "license" : "license and app slug";
  throw badCredential(
    found.length === 0
      ? `The ${missing} for the vendor portal cannot be found: neither in the bundle nor in the cluster`
      : `The ${missing} for the vendor portal cannot be chosen: there are ${found.length} licenses`,
    `${FLAGS}. The bundle is still in ${file.path}`,
  );
}

/** Undefined when the URL names none. */
function slugOf({ pathname }: URL): string | undefined {
  return pathname.replace(/^\/|\/$/g, "") || undefined;
}

function explain(error: unknown, domain: string, file: LocalFile): UploadError {
  if (error instanceof HttpFailure && [400, 401, 403, 404].includes(error.status)) {
    return new UploadError(`Cannot deliver the bundle to the vendor portal at ${domain}: ${error.message}`, {
      transient: false,
      code: "UPLOAD_CREDENTIALS",
      hint:
        `Check license id and app slug: the portal takes none but those that belong together. The bundle is still in ${file.path}`,
    });
  }
  return explainHttps(error, `the vendor portal at ${domain}`, file);
}
