import type { KubeObject } from "../../../../kube/kube_client.ts";
import { compareVersions } from "./version_priority.ts";

/** Where the objects of a CustomResourceDefinition are. */
export interface CustomResource {
  /** `plural.group`. */
  name: string;
  plural: string;
  groupVersion: string;
  namespaced: boolean;
}

/** Reads a CustomResourceDefinition of either version.
 * @returns undefined when it serves no version at all */
export function customResourceOf(definition: KubeObject): CustomResource | undefined {
  const spec: DefinitionSpec = definition.spec ?? {};
  const versions = spec.versions?.length ? spec.versions : spec.version ? [{ name: spec.version }] : [];
  const served = versions.filter((version) => version.served !== false).map(({ name }) => name);
  const best = served.sort(compareVersions)[0];
  if (best === undefined || spec.group === undefined || spec.names?.plural === undefined) return undefined;
  return {
    name: definition.metadata.name,
    plural: spec.names.plural,
    groupVersion: `${spec.group}/${best}`,
    namespaced: spec.scope === "Namespaced",
  };
}

interface DefinitionSpec {
  group?: string;
  scope?: string;
  names?: { plural?: string };
  version?: string;
  versions?: { name: string; served?: boolean }[];
}
