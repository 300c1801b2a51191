import { strictEqual, throws } from "node:assert/strict";
import { podTemplateData } from "../../src/analyze/pod_template.ts";
import { compileTemplate } from "../../src/analyze/template/template.ts";

const data = podTemplateData({
  metadata: { name: "web", namespace: "shop", uid: "u-1", labels: { app: "web" } },
  spec: { nodeName: "n1", hostPID: true, containers: [{ name: "c", image: "img:1" }] },
  status: {
    phase: "Running",
    podIP: "10.0.0.1",
    hostIP: "10.0.0.2",
    qosClass: "Burstable",
    containerStatuses: [{
      name: "c",
      imageID: "sha",
      state: { terminated: { exitCode: 3, reason: "Error" } },
      lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } },
    }],
  },
});

const behaviour: [template: string, rendered: string][] = [
  ["{{ .Namespace }}/{{ .Name }} {{ .UID }}", "shop/web u-1"],
  ["{{ .ObjectMeta.Name }} {{ .ObjectMeta.Labels.app }} {{ .Labels.none }}", "web web <no value>"],
  ["{{ .Status.PodIP }} {{ .Status.HostIP }} {{ .Status.QOSClass }}", "10.0.0.1 10.0.0.2 Burstable"],
  ["{{ .Spec.NodeName }} {{ .Spec.HostPID }} {{ .Spec.HostNetwork }}", "n1 true false"],
  ["{{ range .Spec.Containers }}{{ .Name }}={{ .Image }}{{ end }}", "c=img:1"],
  ["[{{ .Status.Message }}{{ .Kind }}{{ .APIVersion }}]", "[]"],
  [
    "{{ with index .Status.ContainerStatuses 0 }}{{ .ImageID }} {{ .RestartCount }} {{ .Ready }}{{ end }}",
    "sha 0 false",
  ],
  ["{{ with (index .Status.ContainerStatuses 0).State.Terminated }}{{ .ExitCode }} {{ .Reason }}{{ end }}", "3 Error"],
  ["{{ if (index .Status.ContainerStatuses 0).State.Waiting }}waits{{ else }}not{{ end }}", "not"],
  [
    "{{ with (index .Status.ContainerStatuses 0) }}{{ .LastState.Terminated.Reason }} " +
    "{{ .LastTerminationState.Terminated.ExitCode }}{{ end }}",
    "OOMKilled 137",
  ],
  ["{{ len .Status.InitContainerStatuses }}{{ len .Finalizers }}", "00"],
];

for (const [template, rendered] of behaviour) {
  Deno.test(`podTemplateData() renders ${template}`, () =>
    strictEqual(compileTemplate(template).render(data), rendered));
}

for (const field of [".name", ".Metadata", ".Status.PodIp", ".Status.Nope", ".ObjectMeta.ObjectMeta", ".toString"]) {
  Deno.test(`podTemplateData() has no ${field}`, () =>
    throws(() => compileTemplate(`{{ ${field} }}`).render(data), { message: /has no field/ }));
}
