import { Buffer } from "node:buffer";
import { defineCollector, titled } from "../../collector.ts";
import {
  collectDataObjects,
  type DataObjectConfig,
  dataObjectFields,
  type DataObjectKind,
  dataObjectNeeds,
  sortedData,
} from "./data_object.ts";

const secrets: DataObjectKind = {
  resource: "secrets",
  keyInPath: ({ key, includeAllData }) => Boolean(key) && !includeAllData,
  describe(config, object, { namespace, name }) {
    const values = decodeData(object?.data);
    const { key = "", includeValue, includeAllData } = config;
    const keyExists = !includeAllData && key !== "" && Object.hasOwn(values, key);
    const value = keyExists && includeValue ? values[key] : "";
    return {
      namespace,
      name,
      key,
      secretExists: object !== undefined,
      keyExists,
      ...(value ? { value } : {}),
      ...(includeAllData && Object.keys(values).length > 0 ? { data: sortedData(values) } : {}),
    };
  },
};

/** Secrets: that they exist, which keys they have, and their values only on request. */
export const secret = defineCollector({
  kind: "secret",
  where: "cluster",
  summary: "Whether Secrets and their keys exist; values only where the spec asks for them",
  title: titled("secret"),
  fields: dataObjectFields,
  needs: (config, context) => dataObjectNeeds(secrets, config, context),
  permissions: (config, { namespace, contextNamespace }) =>
    dataObjectNeeds(secrets, config, { namespace: namespace ?? contextNamespace }),
  collect: (config: DataObjectConfig, context) => collectDataObjects(secrets, config, context),
});

/** Values of a Secret as text; bytes that are no UTF-8 become replacement characters. */
function decodeData(data: Record<string, string> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
  );
}
