import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { type ClassKind, classPresence } from "../../class_presence.ts";
import { icon } from "../../icons.ts";
import { validatePresence } from "../../presence.ts";

const KIND: ClassKind = {
  label: "Ingress Class",
  path: "cluster-resources/ingress-classes.json",
  defaultAnnotations: ["ingressclass.kubernetes.io/is-default-class"],
};

export const ingressClass = defineAnalyzer({
  kind: "ingressClass",
  where: "cluster",
  summary: "Says whether an IngressClass, or a default one, exists",
  icon: icon("kubernetes_ingress_class", "ingress-class.svg?w=12&h=12"),
  fields: () => ({
    ingressClassName: textField().describe("Name of the IngressClass; without it the default one is looked for"),
    outcomes: outcomesField().describe("What is said when it is there (pass), and when not (fail)"),
  }),
  title: ({ checkName, ingressClassName }) =>
    checkName || (ingressClassName ? `Ingress class ${ingressClassName}` : "Default Ingress Class"),
  validate: ({ outcomes }) => validatePresence(outcomes),
  analyze: ({ ingressClassName, outcomes }, bundle) =>
    classPresence(KIND, { name: ingressClassName, outcomes }, bundle),
});
