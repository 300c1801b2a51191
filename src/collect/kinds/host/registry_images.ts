import * as z from "zod";
import { bundlePath } from "../../../bundle/bundle_path.ts";
import { jsonEntry } from "../../../bundle/entry.ts";
import { AmbientCredentials } from "../../../oci/ambient_credentials.ts";
import { checkImages, type CheckImagesOptions } from "../../check_images.ts";
import { defineCollector } from "../../collector.ts";
import { textField } from "../../text_field.ts";

export const registryImages = defineCollector({
  kind: "registryImages",
  where: "host",
  summary: "Whether images can be had from their registries, asked from this machine",
  title: ({ collectorName }) => collectorName || "Registry Images",
  fields: () => ({
    images: z.array(textField()).describe("Images, as pods name them"),
    username: textField().default("").describe(
      "Name to log in with; without it, the logins of Helm, Podman and Docker on this machine",
    ),
    password: textField().default("").describe("Password to log in with"),
  }),
  async *collect({ images, username, password, collectorName }, context) {
    const ambient = new AmbientCredentials(context.env, context.clock);
    const credentials: CheckImagesOptions["credentials"] = username === ""
      ? (image, signal) => ambient.find(image, signal)
      : () => Promise.resolve({ credentials: [{ username, password }], problems: [] });
    const checks = await checkImages(images, { ...context, credentials });
    yield jsonEntry(
      bundlePath("host-collectors/registry-images", `${collectorName || "images"}.json`),
      { images: checks },
      { source: "manifests of the images in their registries" },
    );
  },
});
