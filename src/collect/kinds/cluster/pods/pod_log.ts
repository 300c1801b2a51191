import type { FileEntry } from "../../../../bundle/entry.ts";
import type { KubeClient } from "../../../../kube/kube_client.ts";
import { readBounded } from "../../../bounded_body.ts";
import { logEntry } from "../log_body.ts";
import { DEFAULT_MAX_BYTES, DEFAULT_MAX_LINES, type LogQuery } from "../log_limits.ts";

/** A container whose log is read. */
export interface PodLogTarget {
  namespace: string;
  pod: string;
  container: string;
  /** The log of the run before the last restart. */
  previous?: boolean;
  /** By default the last 10,000 lines, of these 5 MB. */
  limits?: LogQuery;
}

const LIMITS: LogQuery = { tailLines: DEFAULT_MAX_LINES, limitBytes: DEFAULT_MAX_BYTES };

/** A container's log as a file. What comes until a stream breaks is kept.
 * @throws when there is no log */
export async function podLogEntry(
  kube: KubeClient,
  target: PodLogTarget,
  path: string,
  signal: AbortSignal,
): Promise<FileEntry> {
  const { url, query } = request(target);
  const body = await kube.stream(url, { query, signal });
  const words = Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]);
  const source = `GET ${url}?${new URLSearchParams(words)}`;
  return await logEntry(
    { path, body, source },
    target.limits ?? LIMITS,
    () => signal.aborted ? "deadline" : "connection lost",
  );
}

/** A container's log as text, cut at 5 MB. */
export async function podLogText(kube: KubeClient, target: PodLogTarget, signal: AbortSignal): Promise<string> {
  const { url, query } = request(target);
  const { bytes } = await readBounded(await kube.stream(url, { query, signal }), DEFAULT_MAX_BYTES);
  return new TextDecoder().decode(bytes);
}

function request({ namespace, pod, container, previous, limits = LIMITS }: PodLogTarget) {
  const url = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
  return { url, query: { container, ...(previous ? { previous } : {}), ...limits } };
}
