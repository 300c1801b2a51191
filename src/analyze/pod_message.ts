import { podStatusReason } from "../kube/pod_health.ts";
import type { StoredObject } from "./stored_objects.ts";

/** A Pod, with the parts that messages are made of. */
export interface Pod extends StoredObject {
  metadata: NonNullable<StoredObject["metadata"]> & { name: string; deletionTimestamp?: string };
  spec?: { initContainers?: { name?: string; restartPolicy?: string }[]; [field: string]: unknown };
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    conditions?: { type?: string; status?: string; message?: string }[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
    [field: string]: unknown;
  };
}

export interface ContainerStatus {
  name?: string;
  started?: boolean;
  ready?: boolean;
  state?: ContainerState;
  lastState?: ContainerState;
  [field: string]: unknown;
}

interface ContainerState {
  running?: unknown;
  waiting?: { reason?: string };
  terminated?: { reason?: string; exitCode?: number; signal?: number; message?: string };
}

/** What the pod's status says of the cause of its reason: its own message, the last words and exit codes of
 * containers, and why no node takes it. Empty when it says nothing. */
export function podMessage(pod: Pod): string {
  const { status = {} } = pod;
  const messages = [status.message];
  if (podStatusReason(pod).startsWith("Init:")) {
    messages.push(unfinishedInit(pod)?.lastState?.terminated?.message);
  } else {
    for (const { state, lastState } of [...status.containerStatuses ?? []].reverse()) {
      const last = lastState?.terminated;
      if (state?.waiting?.reason) {
        if (last !== undefined) messages.push(last.message || `ExitCode:${last.exitCode ?? 0}`);
      } else if (state?.terminated?.reason) {
        messages.push(`ExitCode:${state.terminated.exitCode ?? 0}`);
      }
    }
  }
  messages.push(status.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False")?.message);
  return messages.map((message) => message?.trim()).filter(Boolean).join(". ");
}

/** The first init container that neither has ended well nor runs on as a sidecar. */
function unfinishedInit({ spec, status }: Pod): ContainerStatus | undefined {
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return status?.initContainerStatuses?.find(({ name, started, state }) =>
    state?.terminated?.exitCode !== 0 && !(started && sidecars.some((sidecar) => sidecar.name === name))
  );
}
