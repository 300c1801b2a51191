import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { jsonEntry } from "../../../bundle/entry.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { AmbientCredentials } from "../../../oci/ambient_credentials.ts";
import { credentialsFor, type FoundCredentials } from "../../../oci/docker_config.ts";
import type { ImageReference } from "../../../oci/image_reference.ts";
import { checkImages } from "../../check_images.ts";
import { type CollectContext, defineCollector, titled } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { type ImagePullSecret, imagePullSecretField } from "./pods/image_pull_secret.ts";
import { pullSecretConfig, PullSecrets } from "./pull_secrets.ts";

const SECRET_TYPE = "kubernetes.io/dockerconfigjson";

export const registryImages = defineCollector({
  kind: "registryImages",
  where: "cluster",
  summary: "Whether images can be had from their registries, asked from this machine",
  title: titled("registry-images"),
  fields: () => ({
    images: z.array(textField()).describe("Images, as pods name them"),
    namespace: textField().optional().describe("Namespace of the pull secret; empty: --namespace, else default"),
    imagePullSecret: imagePullSecretField().describe(
      "How to log in; without it, the logins of Helm, Podman and Docker on this machine",
    ),
  }),
  needs({ namespace, imagePullSecret }, context) {
    if (!imagePullSecret?.name || hasData(imagePullSecret)) return [];
    return [{
      verb: "get",
      resource: "secrets",
      name: imagePullSecret.name,
      namespace: secretNamespace(namespace, context),
    }];
  },
  async *collect({ images, collectorName, namespace, imagePullSecret }, context) {
    const checks = await checkImages(images, {
      ...context,
      credentials: credentialSource(imagePullSecret, secretNamespace(namespace, context), context),
    });
    yield jsonEntry(bundlePath("registry", `${collectorName || "images"}.json`), { images: checks }, {
      source: "manifests of the images in their registries",
    });
  },
});

function secretNamespace(namespace: string | undefined, context: { namespace?: string }): string {
  return namespace || context.namespace || "default";
}

function hasData(secret: ImagePullSecret): boolean {
  return Object.keys(secret?.data ?? {}).length > 0;
}

/** Where the credentials of the images come from. What cannot be read is the error of every image. */
function credentialSource(
  secret: ImagePullSecret,
  namespace: string,
  { kube, env, clock }: Pick<CollectContext, "kube" | "env" | "clock">,
): (image: ImageReference, signal: AbortSignal) => Promise<FoundCredentials> {
  if (secret !== undefined && hasData(secret)) {
    return async (image) => ({ credentials: credentialsFor(await givenConfig(secret), image), problems: [] });
  }
  if (secret?.name) {
    const { name } = secret;
    const secrets = new PullSecrets(kube);
    return async (image, signal) => {
      const found = await secrets.find(namespace, [name], image, signal);
      if (found.problems.length === 0) return found;
      throw new SupportBundleError(found.problems.join(". "), { code: "REGISTRY_CREDENTIALS" });
    };
  }
  const ambient = new AmbientCredentials(env, clock);
  return (image, signal) => ambient.find(image, signal);
}

/** The logins that the spec itself gives; no Secret needs to be made for them. */
// deno-lint-ignore require-await -- what is thrown is the error of an image, not of the collector
async function givenConfig({ data = {}, type }: ImagePullSecret & object) {
  const keys = Object.keys(data);
  if (type !== SECRET_TYPE || keys.length !== 1 || keys[0] !== ".dockerconfigjson") {
    throw new SupportBundleError("Cannot read the registry credentials of the spec: they are not a pull secret's", {
      code: "SPEC_VALUE",
      hint: `Give imagePullSecret the type ${SECRET_TYPE} and data with the one key .dockerconfigjson`,
    });
  }
  return pullSecretConfig(data, "the spec");
}
