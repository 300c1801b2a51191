import type { Clock } from "../core/clock.ts";
import { startDeadline } from "../core/deadline.ts";
import type { FoundCredentials } from "../oci/docker_config.ts";
import { type ImageReference, parseImageReference } from "../oci/image_reference.ts";
import { describeRegistryError, RegistryClient } from "../oci/registry_client.ts";
import { unverifiedSender } from "./unverified_sender.ts";

const REQUEST_TIMEOUT_MS = 10_000;
const CONCURRENT_IMAGES = 5;
/** What is left of a collector's time for writing what was found. */
const SPARE_MS = 2_000;

/** Whether an image can be had, as existing readers know it. */
export interface ImageCheck {
  exists: boolean;
  error?: string;
}

export interface CheckImagesOptions {
  clock: Clock;
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
  /** Images that are not checked until then are errors. */
  deadlineAt?: Date;
  /** The credentials for an image. What it throws is the image's error. */
  credentials(image: ImageReference, signal: AbortSignal): Promise<FoundCredentials>;
}

/** Asks the registries for images, several at a time. Certificates that are not trusted do not matter where no
 * credentials are sent; nothing but whether the image exists is taken from there.
 * @returns by the images' names as they were given, in their order */
export async function checkImages(
  images: readonly string[],
  { clock, env, signal, deadlineAt, credentials }: CheckImagesOptions,
): Promise<Record<string, ImageCheck>> {
  const leftMs = deadlineAt && Math.max(0, deadlineAt.getTime() - SPARE_MS - clock.now().getTime());
  using deadline = startDeadline(clock, leftMs, signal);
  using client = new RegistryClient({
    clock,
    env,
    timeoutMs: REQUEST_TIMEOUT_MS,
    unverified: unverifiedSender(env),
  });
  const check = async (text: string): Promise<ImageCheck> => {
    const problems: string[] = [];
    try {
      const image = parseImageReference(text);
      const found = await credentials(image, deadline.signal);
      problems.push(...found.problems);
      return { exists: await client.exists(image, { credentials: found.credentials, signal: deadline.signal }) };
    } catch (error) {
      signal.throwIfAborted();
      if (deadline.expired) return { exists: false, error: "not checked: the collector's time was over" };
      return { exists: false, error: describeRegistryError(error, problems) };
    }
  };
  const unique = [...new Set(images)];
  const checks = new Map<string, ImageCheck>(unique.map((text) => [text, { exists: false }]));
  const waiting = unique.values();
  const work = async () => {
    for (const text of waiting) checks.set(text, await check(text));
  };
  await Promise.all(Array.from({ length: CONCURRENT_IMAGES }, work));
  return Object.fromEntries(checks);
}
