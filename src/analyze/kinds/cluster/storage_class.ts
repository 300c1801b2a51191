import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { type ClassKind, classPresence } from "../../class_presence.ts";
import { icon } from "../../icons.ts";
import { validatePresence } from "../../presence.ts";

const KIND: ClassKind = {
  label: "Storage Class",
  path: "cluster-resources/storage-classes.json",
  // Kubernetes honours the old name, too.
  defaultAnnotations: [
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
  ],
};

export const storageClass = defineAnalyzer({
  kind: "storageClass",
  where: "cluster",
  summary: "Says whether a StorageClass, or a default one, exists",
  icon: icon("kubernetes_storage_class", "storage-class.svg?w=12&h=12"),
  fields: () => ({
    storageClassName: textField().describe("Name of the StorageClass; without it the default one is looked for"),
    outcomes: outcomesField().describe("What is said when it is there (pass), and when not (fail)"),
  }),
  title: ({ checkName, storageClassName }) =>
    checkName || (storageClassName ? `Storage class ${storageClassName}` : "Default Storage Class"),
  validate: ({ outcomes }) => validatePresence(outcomes),
  analyze: ({ storageClassName, outcomes }, bundle) =>
    classPresence(KIND, { name: storageClassName, outcomes }, bundle),
});
