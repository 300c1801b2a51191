/** Of a bundle, by its name: one that is encrypted is nothing but bytes. */
export function contentTypeOf(name: string): string {
  return /\.t?gz$/i.test(name) ? "application/gzip" : "application/octet-stream";
}
