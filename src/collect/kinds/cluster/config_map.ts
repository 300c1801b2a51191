import { defineCollector, titled } from "../../collector.ts";
import {
  collectDataObjects,
  type DataObjectConfig,
  dataObjectFields,
  type DataObjectKind,
  dataObjectNeeds,
  sortedData,
} from "./data_object.ts";

const configMaps: DataObjectKind = {
  resource: "configmaps",
  keyInPath: ({ key }) => Boolean(key),
  describe(config, object, { namespace, name }) {
    const values: Record<string, string> = object?.data ?? {};
    const { key = "", includeValue, includeAllData } = config;
    const keyExists = key !== "" && Object.hasOwn(values, key);
    const value = keyExists && includeValue ? values[key] : "";
    return {
      namespace,
      name,
      key,
      configMapExists: object !== undefined,
      keyExists,
      ...(value ? { value } : {}),
      data: includeAllData && object !== undefined ? sortedData(values) : null,
    };
  },
};

/** ConfigMaps: that they exist, which keys they have, and their values on request. */
export const configMap = defineCollector({
  kind: "configMap",
  where: "cluster",
  summary: "Whether ConfigMaps and their keys exist, and their values where the spec asks for them",
  title: titled("configmap"),
  fields: dataObjectFields,
  needs: (config, context) => dataObjectNeeds(configMaps, config, context),
  permissions: (config, { namespace, contextNamespace }) =>
    dataObjectNeeds(configMaps, config, { namespace: namespace ?? contextNamespace }),
  collect: (config: DataObjectConfig, context) => collectDataObjects(configMaps, config, context),
});
