/** Where an archive is until it was checked for secrets. What is found under this name was never let through. */
export function uncheckedPath(archive: string): string {
  return `${archive}.unchecked`;
}

/** Where an archive is kept that may contain a secret. */
export function quarantinedPath(archive: string): string {
  return `${archive}.quarantined`;
}

/** The places that were found in it, beside it. */
export function leaksPath(archive: string): string {
  return `${archive}.leaks.json`;
}

/** The report of the places that belongs to a quarantined archive; undefined for any other. */
export function leaksPathOf(path: string): string | undefined {
  const archive = path.replace(/\.quarantined$/, "");
  return archive === path ? undefined : leaksPath(archive);
}
