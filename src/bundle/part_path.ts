/** Where an archive is written until it is whole. What is found under this name was cut off. */
export function partPath(archive: string): string {
  return `${archive}.part`;
}
