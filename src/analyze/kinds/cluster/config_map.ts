import { defineAnalyzer, textField } from "../../analyzer.ts";
import { icon } from "../../icons.ts";
import { keyedObjectFields, keyedObjectPath, keyedObjectPresence, validatePresence } from "../../presence.ts";

export const configMap = defineAnalyzer({
  kind: "configMap",
  where: "cluster",
  summary: "Says whether a ConfigMap, and a key of it, exists",
  icon: icon("kubernetes_analyze_secret", "secret.svg?w=13&h=16"),
  fields: () => ({ ...keyedObjectFields(), configMapName: textField().describe("Name of the ConfigMap") }),
  title: ({ checkName, configMapName }) => checkName || `ConfigMap ${configMapName ?? ""}`,
  validate({ configMapName = "", namespace, key, outcomes }) {
    keyedObjectPath("configmaps", { name: configMapName, namespace, key });
    validatePresence(outcomes);
  },
  analyze: ({ configMapName = "", ...config }, bundle) =>
    keyedObjectPresence({ ...config, name: configMapName }, "configmaps", "ConfigMap", bundle),
});
