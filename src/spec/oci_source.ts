import { unverifiedSender } from "../collect/unverified_sender.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { describeError, SupportBundleError } from "../core/errors.ts";
import { AmbientCredentials } from "../oci/ambient_credentials.ts";
import { OciNotFoundError } from "../oci/errors.ts";
import { imageAt, type ImageReference } from "../oci/image_reference.ts";
import { describeRegistryError, RegistryClient } from "../oci/registry_client.ts";
import type { SpecText } from "./read_object.ts";
import { SpecError } from "./spec_error.ts";

const MAX_BYTES = 16 * 1024 * 1024;

/** What vendors publish beside their application: the artifact's name, and the media type of the layer with the spec. */
const ARTIFACTS = [
  { name: "replicated-preflight", mediaType: "replicated.preflight.spec" },
  { name: "replicated-supportbundle", mediaType: "replicated.supportbundle.spec" },
];

/** Reads the specs of `oci://host[:port]/path[:tag]`: what `…/replicated-preflight` and `…/replicated-supportbundle` hold
 * under the tag (`latest`), where one of them may be missing. Logs in as Helm, Podman and Docker do on this machine.
 * @throws {SpecError} */
export async function readOciSpecs(
  text: string,
  { env = {}, clock = systemClock, signal = new AbortController().signal, insecure }: {
    env?: Readonly<Record<string, string>>;
    clock?: Clock;
    signal?: AbortSignal;
    /** Takes any certificate, where no credentials are sent. */
    insecure?: boolean;
  },
): Promise<SpecText[]> {
  const images = ociImages(text);
  const unverified = insecure ? unverifiedSender(env) : undefined;
  using client = new RegistryClient({ clock, env, unverified });
  const ambient = new AmbientCredentials(env, clock);
  const { credentials, problems } = await ambient.find(images[0]!.image, signal);
  const found: SpecText[] = [];
  let missing: OciNotFoundError | undefined;
  for (const { image, shown, mediaType } of images) {
    try {
      const { document } = await client.manifest(image, { credentials, signal });
      const layers = document.form === "image" ? document.layers.filter((layer) => layer.mediaType === mediaType) : [];
      if (layers.length !== 1) {
        throw new SpecError(
          "",
          `Cannot read the specs of ${shown}: it has ${layers.length} layers of type ${mediaType}`,
        );
      }
      const bytes = await client.blob(image, layers[0]!.digest, MAX_BYTES, { credentials, signal });
      found.push({ name: shown, text: new TextDecoder().decode(bytes) });
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof SpecError) throw cause;
      if (cause instanceof OciNotFoundError) {
        missing = cause;
        continue;
      }
      const hint = cause instanceof SupportBundleError ? cause.hint : undefined;
      throw new SpecError("", `Cannot read the specs of ${shown}: ${describeRegistryError(cause, problems)}`, hint, {
        cause,
      });
    }
  }
  if (found.length > 0) return found;
  throw new SpecError(
    "",
    `Cannot read the specs of ${shownOci(text)}: there is no release: the registry has neither ` +
      images.map(({ shown }) => shown).join(" nor "),
    "Check the path and the tag",
    { cause: missing },
  );
}

function ociImages(text: string): { image: ImageReference; shown: string; mediaType: string }[] {
  const [, host = "", path = "", tag = "latest"] = /^oci:\/\/([^/]*)\/(.*?)\/*(?::([^:/]*))?$/i.exec(text) ?? [];
  const refuse = (why: string) =>
    new SpecError("", `Cannot read the specs of ${shownOci(text)}: ${why}`, "Write oci://HOST[:PORT]/PATH[:TAG]");
  if (host === "" || path === "") throw refuse("it has no path");
  if (/[@?#]/.test(host + path)) throw refuse("it has more than a host, a path and a tag");
  try {
    return ARTIFACTS.map(({ name, mediaType }) => ({
      image: imageAt(host, `${path}/${name}:${tag}`),
      shown: `oci://${host}/${path}/${name}:${tag}`,
      mediaType,
    }));
  } catch (cause) {
    throw refuse(describeError(cause));
  }
}

/** Without a user, a password and a query: they do not belong there, and would be secrets. */
function shownOci(text: string): string {
  return text.replace(/\/\/[^/]*@/, "//").replace(/[?#].*$/s, "");
}
