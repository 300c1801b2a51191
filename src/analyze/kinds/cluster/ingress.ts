import { bundlePath } from "../../../bundle/bundle_path.ts";
import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { requiredText } from "../../condition_error.ts";
import { icon } from "../../icons.ts";
import { fileMissing } from "../../outcome_engine.ts";
import { ParsedFiles } from "../../parsed_files.ts";
import { presence, validatePresence } from "../../presence.ts";
import { itemsOf, textIn } from "../../stored_objects.ts";

export const ingress = defineAnalyzer({
  kind: "ingress",
  where: "cluster",
  summary: "Says whether an Ingress exists",
  icon: icon("kubernetes_ingress", "ingress-controller.svg?w=20&h=13"),
  fields: () => ({
    ingressName: textField().describe("Name of the Ingress"),
    namespace: textField().describe("Its namespace"),
    outcomes: outcomesField().describe("What is said when it is there (pass), and when not (fail)"),
  }),
  title: ({ checkName, ingressName }) => checkName || `Ingress ${ingressName ?? ""}`,
  validate({ ingressName, namespace, outcomes }) {
    requiredText(ingressName, "ingressName");
    pathOf(requiredText(namespace, "namespace"));
    validatePresence(outcomes);
  },
  async *analyze({ ingressName = "", namespace = "", outcomes }, bundle) {
    const path = pathOf(namespace.trim());
    const file = await ParsedFiles.of(bundle).json(path);
    if (file === undefined) {
      yield fileMissing(path);
      return;
    }
    const found = itemsOf(file, path).some((item) => textIn(item, "metadata", "name") === ingressName);
    yield presence(outcomes, found, `Ingress "${namespace}/${ingressName}"`, { evidence: [{ path }] });
  },
});

function pathOf(namespace: string): string {
  return bundlePath("cluster-resources/ingress", `${namespace}.json`);
}
