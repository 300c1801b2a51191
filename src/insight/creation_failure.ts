/** The cause of a refusal to create a pod, in the words of the API server: what refused it.
 * @returns undefined when the message names nothing that is known */
export function creationCause(message: string, namespace: string): string | undefined {
  const quota = exceededQuota(message);
  if (quota !== undefined) return `quota/${namespace}/${quota}`;
  const [, webhook] = /failed calling webhook "([^"]+)"|admission webhook "([^"]+)" denied/.exec(message) ?? [];
  if (webhook !== undefined) {
    const [, service, home] = /https?:\/\/([\w-]+)\.([\w-]+)\.svc/.exec(message) ?? [];
    return service === undefined ? `webhook/${webhook}` : `webhook/${home}/${service}`;
  }
  const [, account] = /serviceaccount "([^"]+)" not found/.exec(message) ?? [];
  return account === undefined ? undefined : `service-account/${namespace}/${account}`;
}

/** Name of the ResourceQuota that a refusal names. */
export function exceededQuota(message: string): string | undefined {
  return /exceeded quota: ([\w.-]+)/.exec(message)?.[1];
}
