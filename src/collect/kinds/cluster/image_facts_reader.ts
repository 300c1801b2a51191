import { describeError } from "../../../core/errors.ts";
import type { KubeClient, KubeObject } from "../../../kube/kube_client.ts";
import { AmbientCredentials } from "../../../oci/ambient_credentials.ts";
import type { FoundCredentials } from "../../../oci/docker_config.ts";
import { formatImageReference, type ImageReference, parseImageReference } from "../../../oci/image_reference.ts";
import { describeRegistryError, RegistryClient } from "../../../oci/registry_client.ts";
import { RegistryMemory } from "../../../oci/registry_memory.ts";
import type { CollectContext } from "../../collector.ts";
import { type DescribedImage, describeImage, type ImageFacts, UNKNOWN_IMAGE } from "./image_facts_of.ts";
import type { ImageUse } from "./image_facts_uses.ts";
import { PullSecrets } from "./pull_secrets.ts";

/** What all image facts of a run may have together, in characters. */
const MAX_RUN_CHARS = 32 * 1024 * 1024;

/** What the collectors of a run share: each is called once a namespace. */
interface Run {
  registries: RegistryMemory;
  /** By reference and credentials. */
  images: Map<string, Promise<DescribedImage>>;
  /** Characters that files of this run may still have. */
  chars: number;
}

const runs = new WeakMap<KubeClient, Run>();

function runOf(kube: KubeClient): Run {
  let run = runs.get(kube);
  if (run === undefined) {
    run = { registries: new RegistryMemory(), images: new Map(), chars: MAX_RUN_CHARS };
    runs.set(kube, run);
  }
  return run;
}

/** Reads the facts of images one by one; what it cannot read is an error in the facts. Dispose it at the end. */
export class ImageFactsReader implements Disposable {
  readonly #context: CollectContext;
  readonly #client: RegistryClient;
  readonly #run: Run;
  readonly #secrets: PullSecrets;
  readonly #ambient: AmbientCredentials;
  readonly #accounts = new Map<string, Promise<string[]>>();

  /** @param context its signal ends reading: images that are not read by then have an error that says so */
  constructor(context: CollectContext) {
    const { kube, clock, env } = context;
    this.#context = context;
    this.#run = runOf(kube);
    this.#client = new RegistryClient({ clock, env, memory: this.#run.registries });
    this.#secrets = new PullSecrets(kube);
    this.#ambient = new AmbientCredentials(env, clock);
  }

  /** @param expired says whether the time for all images is over */
  async read(namespace: string, use: ImageUse, expired: () => boolean): Promise<ImageFacts> {
    let image: ImageReference | undefined;
    const problems: string[] = [];
    let described = UNKNOWN_IMAGE;
    let error: string | undefined;
    try {
      image = parseImageReference(use.image);
      if (expired()) throw new Error("not asked");
      const found = await this.#credentials(namespace, use, image);
      problems.push(...found.problems);
      described = await this.#describe(image, found);
    } catch (cause) {
      error = expired() ? "not read: the time for image facts was over" : describeRegistryError(cause, problems);
    }
    const { digest, ...rest } = described;
    return {
      repository: image?.repository ?? use.image.slice(0, 300),
      tag: image?.tag ?? (image === undefined ? "" : "latest"),
      digest: digest || (image?.digest ?? ""),
      registry: image?.registry ?? "",
      ...rest,
      collectedAt: this.#context.clock.now().toISOString(),
      source: `namespace/${namespace}`,
      ...(error === undefined ? {} : { error }),
    };
  }

  async #describe(image: ImageReference, { credentials }: FoundCredentials): Promise<DescribedImage> {
    const { images } = this.#run;
    const key = JSON.stringify([formatImageReference(image), credentials]);
    let described = images.get(key);
    if (described === undefined) {
      described = describeImage(this.#client, image, { credentials, signal: this.#context.signal });
      images.set(key, described);
      described.catch(() => images.delete(key));
    }
    const facts = await described;
    this.#run.chars -= JSON.stringify(facts).length;
    if (this.#run.chars < 0) throw new Error(`the image facts of this run have reached ${MAX_RUN_CHARS} characters`);
    return facts;
  }

  /** Of the pods' pull secrets and of those of their service accounts; if none is for this registry, of this machine. */
  async #credentials(namespace: string, use: ImageUse, image: ImageReference): Promise<FoundCredentials> {
    const { signal } = this.#context;
    const names = new Set(use.pullSecrets);
    const problems: string[] = [];
    for (const account of use.serviceAccounts) {
      try {
        for (const name of await this.#accountSecrets(namespace, account)) names.add(name);
      } catch (error) {
        problems.push(describeError(error));
      }
    }
    const found = await this.#secrets.find(namespace, names, image, signal);
    problems.push(...found.problems);
    if (found.credentials.length > 0) return { credentials: found.credentials, problems };
    const own = await this.#ambient.find(image, signal);
    return { credentials: own.credentials, problems: [...problems, ...own.problems] };
  }

  #accountSecrets(namespace: string, account: string): Promise<string[]> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(account)}`;
    let names = this.#accounts.get(path);
    if (names === undefined) {
      names = this.#context.kube.get(path, { signal: this.#context.signal }).then((found: KubeObject) =>
        ((found.imagePullSecrets ?? []) as { name?: string }[]).flatMap(({ name }) => name ? [name] : [])
      );
      this.#accounts.set(path, names);
    }
    return names;
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}
