import { jsonEntry, missing } from "../../../../bundle/entry.ts";
import { describeError } from "../../../../core/errors.ts";
import type { KubeObject } from "../../../../kube/kube_client.ts";
import type { RawObject } from "../../../../kube/raw_list.ts";
import { type License, LICENSE_SECRET, readLicense } from "../../../../kube/replicated_license.ts";
import { summarizePullSecret } from "./pull_secret.ts";
import { errorMap, type PageSink, readNamespaced, reasonOf, type ResourceRun, ROOT, sourceOf } from "./resource_run.ts";

const SECRETS = { groupVersion: "v1", resource: "secrets" };
const PULL_SECRETS = "type=kubernetes.io/dockerconfigjson";

/** Writes who pulls images from where, for each image pull secret. The server sends no other Secrets. */
export async function collectPullSecrets(run: ResourceRun): Promise<void> {
  const folder = `${ROOT}/image-pull-secrets`;
  const unread = new Map<string, unknown>();
  const list = { ...SECRETS, fieldSelector: PULL_SECRETS };
  const failed = await readNamespaced(run, list, (source) =>
    objectSink(async (secret, namespace) => {
      const { usernames, errors } = summarizePullSecret(secret);
      for (const [registry, error] of Object.entries(errors)) {
        unread.set([namespace, secret.metadata.name, registry].filter((part) => part !== "").join("/"), error);
      }
      if (errors[""] !== undefined) return;
      await run.emit(
        jsonEntry(`${folder}/${namespace}/${secret.metadata.name}.json`, usernames, { indent: 0, source }),
      );
    }));
  const errors = new Map([...failed, ...unread]);
  if (errors.size > 0) await run.emit(jsonEntry(`${folder}-errors.json`, errorMap(errors)));
  for (const [namespace, error] of failed) {
    await run.emit(missing(`${folder}/${namespace}`, reasonOf(error), describeError(error)));
  }
  for (const [key, error] of unread) await run.emit(missing(`${folder}/${key}.json`, "failed", describeError(error)));
}

/** Writes the licence of an application that Replicated distributes, where a namespace has one. */
export async function collectLicense(run: ResourceRun): Promise<void> {
  const found: { namespace: string; license: License }[] = [];
  const list = { ...SECRETS, fieldSelector: `metadata.name=${LICENSE_SECRET}` };
  // Without the right to read Secrets there is no licence to be seen, which is nothing to report.
  await readNamespaced(run, list, () =>
    objectSink(async (secret, namespace) => {
      const license = await readLicense(secret);
      if (license !== undefined) found.push({ namespace, license });
    }));
  const order = [...await run.namespaces];
  found.sort((a, b) => order.indexOf(a.namespace) - order.indexOf(b.namespace));
  if (found[0] === undefined) return;
  const source = sourceOf("/api/v1/secrets", list.fieldSelector);
  await run.emit(jsonEntry(`${ROOT}/license.json`, found[0].license, { indent: 0, source }));
}

/** Takes the objects of a list once it has been read to its end. */
function objectSink(take: (object: KubeObject, namespace: string) => Promise<void>): PageSink {
  const held: [namespace: string, objects: RawObject[]][] = [];
  return {
    add: (_page, parts) => Promise.resolve(void held.push(...parts)),
    async finish(_head, namespaces) {
      for (const [namespace, objects] of held) {
        if (namespaces.has(namespace)) { for (const object of objects) await take(object.parse(), namespace); }
      }
    },
    fail: () => {},
    has: () => false,
  };
}
