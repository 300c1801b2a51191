/** The parts of a form (`multipart/form-data`) around a file, which is its last field.
 * @see https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
export function formAround(
  fileName: string,
  fileType: string,
  fileField: string,
  fields: Readonly<Record<string, string>>,
): { contentType: string; head: Uint8Array; tail: Uint8Array } {
  const boundary = `support-bundle-${crypto.randomUUID()}`;
  const part = (name: string, more = "") =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(name)}"${more}\r\n`;
  const before = Object.entries(fields).map(([name, value]) => `${part(name)}\r\n${value}\r\n`);
  const file = part(fileField, `; filename="${escapeName(fileName)}"`) + `Content-Type: ${fileType}\r\n\r\n`;
  const encode = (text: string) => new TextEncoder().encode(text);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    head: encode(before.join("") + file),
    tail: encode(`\r\n--${boundary}--\r\n`),
  };
}

function escapeName(name: string): string {
  return name.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22");
}
