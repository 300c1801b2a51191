import { bundlePath } from "../../../bundle/bundle_path.ts";
import { textEntry } from "../../../bundle/entry.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { defineCollector, titled } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { collectImageFacts, imageFactsNamespace, imageFactsPermissions } from "./image_facts.ts";

export const data = defineCollector({
  kind: "data",
  where: "cluster",
  summary: "Text from the spec itself, as a file; with the name `image-facts-<namespace>`, facts on the images in use",
  title: titled("data"),
  fields: () => ({
    name: textField().default("").describe("Folder in the bundle; without collectorName, the file itself"),
    data: textField().default("").describe("The text, written as it is"),
  }),
  permissions(config, context) {
    const namespace = imageFactsNamespace(config);
    return namespace === undefined ? [] : imageFactsPermissions(namespace, context);
  },
  async *collect({ name, collectorName = "", data }, context) {
    const factsOf = imageFactsNamespace({ name, collectorName });
    if (factsOf !== undefined) return yield* collectImageFacts(factsOf, context);
    if (name === "" && collectorName === "") {
      throw new SupportBundleError("Cannot write the text of a data collector: it has neither name nor collectorName", {
        code: "SPEC_VALUE",
        hint: "Name the file with collectorName, and its folder with name",
      });
    }
    yield textEntry(bundlePath(name, collectorName), data, "spec");
  },
});
