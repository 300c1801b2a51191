import type { Command } from "commander";
import { parseDuration } from "../core/duration.ts";
import { UsageError } from "../core/errors.ts";
import type { RemoteHostOptions } from "../spec/with_remote_host.ts";

const TIME = "--remote-host-collect-timeout";

/** As commander leaves them. */
export interface RemoteHostFlags {
  remoteHostCollectTimeout?: string;
  remoteHostImage?: string;
}

/** The flags for specs with `runHostCollectorsInPod`. */
export function addRemoteHostFlags(command: Command): Command {
  return command
    .option(`${TIME} <seconds>`, "how long the pods of runHostCollectorsInPod may take to start (default: 30)")
    .option("--remote-host-image <image>", "image of those pods (default: replicated/troubleshoot:latest)");
}

/** What the flags say; undefined when they say nothing. A number alone is seconds, as in other tools for these specs.
 * @throws {UsageError} for what is no time, or none at all */
export function readRemoteHostFlags(
  { remoteHostCollectTimeout: text, remoteHostImage: image }: RemoteHostFlags,
): RemoteHostOptions | undefined {
  const options: RemoteHostOptions = {};
  if (image) options.image = image;
  if (text !== undefined) {
    options.startMs = parseDuration(/^\d+$/.test(text) ? `${text}s` : text, TIME);
    if (options.startMs <= 0) {
      throw new UsageError(`${TIME}: "${text}" leaves the pods no time to start`, "Write seconds, such as 60");
    }
  }
  return Object.keys(options).length === 0 ? undefined : options;
}
