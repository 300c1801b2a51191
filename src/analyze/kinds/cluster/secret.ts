import { defineAnalyzer, textField } from "../../analyzer.ts";
import { icon } from "../../icons.ts";
import { keyedObjectFields, keyedObjectPath, keyedObjectPresence, validatePresence } from "../../presence.ts";

export const secret = defineAnalyzer({
  kind: "secret",
  where: "cluster",
  summary: "Says whether a Secret, and a key of it, exists",
  icon: icon("kubernetes_analyze_secret", "secret.svg?w=13&h=16"),
  fields: () => ({ ...keyedObjectFields(), secretName: textField().describe("Name of the Secret") }),
  title: ({ checkName, secretName }) => checkName || `Secret ${secretName ?? ""}`,
  validate({ secretName = "", namespace, key, outcomes }) {
    keyedObjectPath("secrets", { name: secretName, namespace, key });
    validatePresence(outcomes);
  },
  analyze: ({ secretName = "", ...config }, bundle) =>
    keyedObjectPresence({ ...config, name: secretName }, "secrets", "Secret", bundle),
});
