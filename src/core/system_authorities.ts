/** Makes TLS trust the certificate authorities of this machine, beside the public ones that Deno brings along: networks that
 * inspect TLS have one of their own. `SSL_CERT_FILE` and `SSL_CERT_DIR` name others in their place, `DENO_TLS_CA_STORE`
 * decides otherwise.
 *
 * Deno reads these at the first connection, and fails every one where `SSL_CERT_FILE` cannot be read: then the public ones
 * have to do. */
export function trustSystemAuthorities(): void {
  if (Deno.env.get("DENO_TLS_CA_STORE")) return;
  const file = Deno.env.get("SSL_CERT_FILE");
  if (file && !isReadableFile(file)) return;
  Deno.env.set("DENO_TLS_CA_STORE", "system,mozilla");
}

function isReadableFile(path: string): boolean {
  try {
    using file = Deno.openSync(path);
    return file.statSync().isFile;
  } catch {
    return false;
  }
}
