import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { clip } from "../loose.ts";
import { podsOf, troubledPods, troubleFinding } from "../trouble_finding.ts";

export const imagePulls: Insight = {
  id: "image-pull",
  title: "Images that cannot be pulled",
  reads: ["pods"],
  when: "A container waits in ImagePullBackOff, ErrImagePull, InvalidImageName or the like",
  says: "The image, what the registry or the runtime answered, and what that means; one finding per image",
  nextStep: "What to correct: the name, the pull secret, the network",
  async *inspect(cluster) {
    for (const group of await troubledPods(cluster, "image-pull")) {
      const { trouble, first } = group;
      const told = trouble.events.find(({ message }) => /failed to pull|failed to resolve/i.test(message))?.message ??
        trouble.message;
      const [, explanation, nextStep] = ANSWERS.find(([pattern]) => pattern.test(`${trouble.reason} ${told}`))!;
      yield troubleFinding(cluster, group, {
        title: `Image cannot be pulled: ${trouble.image}`,
        status: "fail",
        message: `${podsOf(group)} cannot start: ${trouble.image} cannot be pulled (${trouble.reason}). ${clip(told)}`
          .trim(),
        explanation,
        nextStep: nextStep.replace("POD", () => command`-n ${first.namespace} ${first.name}`).replace(
          "IMAGE",
          () => trouble.image ?? "",
        ),
      });
    }
  },
};

/** What registries and runtimes answer; the last one fits always. */
const ANSWERS: readonly [pattern: RegExp, explanation: string, nextStep: string][] = [
  [
    /InvalidImageName|couldn't parse image|invalid reference/i,
    "The name of the image is not well-formed, so no registry is asked.",
    "Correct the image in the workload's template: IMAGE",
  ],
  [
    /ErrImageNeverPull/,
    "The pod says that its image is never pulled, and the node does not have it.",
    "Load the image on the node, or set imagePullPolicy to IfNotPresent",
  ],
  [
    /toomanyrequests|rate limit|429/i,
    "The registry limits how much is pulled, and the limit is reached.",
    "Wait, or pull with an account (imagePullSecrets), or from a mirror",
  ],
  [
    /unauthorized|authentication required|denied|forbidden|40[13]\b/i,
    "The registry refuses the credentials, or there are none. Many registries say the same of images that do not exist.",
    "kubectl get pod POD -o jsonpath='{.spec.imagePullSecrets}': check that the secret exists, and is for this registry",
  ],
  [
    /manifest unknown|not found|does not exist|404/i,
    "The registry does not have this image or tag.",
    "Check that it was pushed, and how it is spelt: IMAGE",
  ],
  [
    /no such host|name resolution|i\/o timeout|connection refused|deadline exceeded|network is unreachable|dial tcp/i,
    "The node does not reach the registry.",
    "Check the name, DNS, proxy and firewall between nodes and registry of IMAGE",
  ],
  [
    /x509|certificate/i,
    "The node does not trust the certificate of the registry.",
    "Give the registry's authority to the container runtime of the nodes, or renew the certificate",
  ],
  [
    /no match for platform|no matching manifest/i,
    "The image is not made for the processor architecture of the node.",
    "Push an image for that architecture, or choose other nodes with a nodeSelector",
  ],
  [
    /no space left/i,
    "The disk of the node is full.",
    "Free the disk of the node, see the findings about nodes",
  ],
  [
    /^/,
    "The node has tried to pull the image and failed; Kubernetes waits longer before each new try.",
    "kubectl describe pod POD: the events have the registry's answer",
  ],
];
