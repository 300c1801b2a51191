import { remoteHost } from "../collect/remote_host/remote_host.ts";
import type { CollectorEntry, LoadedSpec } from "./loaded_spec.ts";

export interface RemoteHostOptions {
  /** Image of the pods. */
  image?: string;
  /** How long the pods may take to start, in milliseconds. */
  startMs?: number;
}

/** What is run of a spec: with `runHostCollectorsInPod`, its host collectors are one collector of the cluster. Those that are
 * excluded stay where they are. */
export function withRemoteHost(spec: LoadedSpec, options: RemoteHostOptions = {}): LoadedSpec {
  if (!spec.runHostCollectorsInPod) return spec;
  const excluded = spec.hostCollectors.filter(({ config }) => config.exclude === true);
  const wanted = spec.hostCollectors.filter((entry) => !excluded.includes(entry));
  if (wanted.length === 0) return spec;
  const collectors = wanted.map(({ unit, config, raw }) => ({ title: unit.title(config), raw }));
  const entry: CollectorEntry = {
    unit: remoteHost,
    config: remoteHost.schema.parse({ collectors, ...options }),
    raw: { [remoteHost.kind]: {} },
    place: "spec.runHostCollectorsInPod",
  };
  return { ...spec, hostCollectors: excluded, collectors: [...spec.collectors, entry] };
}
