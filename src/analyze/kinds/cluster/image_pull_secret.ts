import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { requiredText } from "../../condition_error.ts";
import { isHidden } from "../../hidden.ts";
import { icon } from "../../icons.ts";
import { fileMissing } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { presence, validatePresence } from "../../presence.ts";
import { isRecord } from "../../stored_objects.ts";

const FOLDER = "cluster-resources/image-pull-secrets";
const MAX_EVIDENCE = 20;
/** One file a secret; one a namespace in bundles of older tools. */
const GLOBS = [`${FOLDER}/*.json`, `${FOLDER}/*/*.json`];

export const imagePullSecret = defineAnalyzer({
  kind: "imagePullSecret",
  where: "cluster",
  summary: "Says whether there are credentials to pull images from a registry",
  icon: icon("kubernetes_image_pull_secret", "image-pull-secret.svg?w=16&h=14"),
  fields: () => ({
    registryName: textField().describe("Host of the registry, as image pull secrets name it: quay.io"),
    outcomes: outcomesField().describe("What is said when there are credentials (pass), and when not (fail)"),
  }),
  title: ({ checkName }) => checkName || "Image Pull Secrets",
  validate({ registryName, outcomes }) {
    requiredText(registryName, "registryName");
    validatePresence(outcomes);
  },
  async *analyze({ registryName = "", outcomes }, bundle) {
    const files = ParsedFiles.of(bundle);
    const about = {
      found: `Credentials to pull from: ${registryName} found`,
      missing: `Credentials to pull from: ${registryName} not found`,
    };
    const wanted = registryKey(registryName);
    const paths = (await Promise.all(GLOBS.map((glob) => files.find(glob)))).flat().sort();
    let unknown: string | undefined;
    for (const path of paths) {
      const registries = await files.json(path);
      if (!isRecord(registries)) {
        unknown ??= `${path} of the bundle does not list registries`;
        continue;
      }
      const names = Object.keys(registries);
      if (names.some((name) => registryKey(name) === wanted)) {
        yield presence(outcomes, true, about, { evidence: [{ path }] });
        return;
      }
      if (names.some(isHidden)) unknown ??= `redaction has hidden registries of ${path}`;
    }
    const errors = `${FOLDER}-errors.json`;
    if (await files.readText(errors) !== undefined) unknown ??= `not all pull secrets could be read, see ${errors}`;
    if (unknown !== undefined) throw new Error(`"${registryName}" was not found, but ${unknown}`);
    // A cluster without pull secrets has no such folder.
    const collected = paths.length > 0 || (await files.find("cluster-resources/*.json")).length > 0;
    yield collected
      ? presence(outcomes, false, about, { evidence: paths.slice(0, MAX_EVIDENCE).map((path) => ({ path })) })
      : fileMissing(GLOBS[1]!);
  },
});

/** `https://index.docker.io/v1/` and `docker.io` are one registry. */
function registryKey(name: string): string {
  const bare = name.trim().toLowerCase().replace(/^https?:\/\//, "").replace(/\/(?:v[12]\/?)?$/, "");
  return /^(?:index\.|registry-1\.)?docker\.io$/.test(bare) ? "docker.io" : bare;
}
