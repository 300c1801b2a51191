import { Buffer } from "node:buffer";
import { join } from "node:path";
import { constants, inflateRawSync } from "node:zlib";

/** Looks for secrets in bytes, as they are and as programs write them: encoded, escaped, packed, cut in half. */
export class SecretHunt {
  /** What was found: the name of the secret, and where. */
  readonly leaks = new Set<string>();
  /** How many files and texts were looked at. */
  looked = 0;
  readonly #forms: { name: string; forms: Buffer[] }[];

  /** @param secrets by names to tell them by; 16 characters at least */
  constructor(secrets: Readonly<Record<string, string>>) {
    this.#forms = Object.entries(secrets).map(([name, secret]) => ({ name, forms: formsOf(secret) }));
  }

  inText(where: string, text: string): void {
    this.inBytes(where, Buffer.from(text));
  }

  /** What unpacks from them is looked at, too. */
  inBytes(where: string, bytes: Uint8Array): void {
    this.looked++;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const name of this.namesIn(buffer)) this.leaks.add(`${name} in ${where}`);
    const magic = Buffer.from([0x1f, 0x8b, 8]);
    for (let at = buffer.indexOf(magic); at >= 0; at = buffer.indexOf(magic, at + 1)) {
      try {
        this.inBytes(`${where}, unpacked`, unpack(buffer.subarray(at)));
      } catch {
        // Three bytes that only look like a beginning.
      }
    }
  }

  /** Every file below a folder, and the names of files.
   * @param except paths of files where secrets have to be */
  async inFolder(folder: string, except: readonly string[] = []): Promise<void> {
    for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
      const path = join(folder, name);
      this.inText(`the name ${name}`, name);
      if (isDirectory) await this.inFolder(path, except);
      else if (isFile && !except.includes(path)) {
        const bytes = await Deno.readFile(path).catch(() => undefined); // it may have gone
        if (bytes !== undefined) this.inBytes(path, bytes);
      }
    }
  }

  /** The secrets that are in the bytes as they are. */
  namesIn(bytes: Buffer): string[] {
    return this.#forms.filter(({ forms }) => forms.some((form) => bytes.includes(form))).map(({ name }) => name);
  }
}

/** As far as it goes: a file may be cut in the middle of what is packed, and go on after it.
 * @see https://www.rfc-editor.org/rfc/rfc1952#section-2.3 */
function unpack(member: Buffer): Buffer {
  const flags = member[3]!;
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + member.readUInt16LE(at);
  for (const flag of [8, 16]) if ((flags & flag) !== 0) at = member.indexOf(0, at) + 1;
  return inflateRawSync(member.subarray(at), { finishFlush: constants.Z_SYNC_FLUSH });
}

function formsOf(secret: string): Buffer[] {
  const half = Math.ceil(secret.length / 2);
  const texts = new Set([
    secret.slice(0, half), // a page of a database may end in the middle
    secret.slice(half),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString("hex"),
  ]);
  for (const offset of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]).toString("base64");
    // Without what depends on the bytes before and after.
    const inner = encoded.slice(Math.ceil(offset * 4 / 3), Math.floor((offset + secret.length) * 4 / 3));
    texts.add(inner).add(inner.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return [...[...texts].map((text) => Buffer.from(text)), Buffer.from(secret, "utf16le")];
}
