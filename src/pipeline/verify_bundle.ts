import { createHash } from "node:crypto";
import { ArchiveError } from "../bundle/archive_error.ts";
import type { Manifest } from "../bundle/manifest.ts";
import { parseManifest } from "../bundle/own_json.ts";
import { type BundleMember, type Decrypt, openBundle } from "../bundle/read_bundle.ts";
import { concatBytes } from "../core/concat_bytes.ts";
import { counted } from "../core/counted.ts";
import { DecryptError } from "../crypt/crypt_error.ts";
import { BUNDLE_PATHS } from "./bundle_files.ts";

/** What of a bundle is not as its manifest says. */
export interface Problem {
  /** `changed`: another content or size; `missing`: in the manifest alone; `unknown`: in the bundle alone; `twice`: two members
   * have its name; `unsafe`: it must not be unpacked; `damaged`: the archive cannot be read to its end; `manifest`: there is
   * none. */
  kind: "changed" | "missing" | "unknown" | "twice" | "unsafe" | "damaged" | "manifest";
  /** Bundle path; absent for the bundle as a whole. */
  path?: string;
  message: string;
}

/** What a bundle holds, looked at from its first byte to its last. */
export interface Verification {
  files: number;
  /** Unpacked. */
  bytes: number;
  problems: Problem[];
}

/** A manifest of a bundle with 200,000 files has less. */
const MAX_MANIFEST_BYTES = 128e6;

/** Checks each file of a bundle against `MANIFEST.json`, both ways, and that the archive can be read to its last byte. Memory
 * does not depend on its size, and nothing is written.
 * @throws {ArchiveError} ARCHIVE_FORMAT for what is no archive, and what `openBundle` and `decrypt` throw but for damages */
export async function verifyBundle(
  path: string,
  { signal, decrypt }: { signal: AbortSignal; decrypt?: Decrypt },
): Promise<Verification> {
  const contents = new Contents();
  try {
    const bundle = await openBundle(path, signal, decrypt);
    for await (const member of bundle.members()) {
      signal.throwIfAborted();
      await contents.add(member);
    }
  } catch (error) {
    signal.throwIfAborted();
    const why = damageOf(error);
    if (why === undefined) throw error;
    contents.problems.push({ kind: "damaged", message: why });
  }
  return contents.verified();
}

/** @returns undefined for what says nothing about the bundle */
function damageOf(error: unknown): string | undefined {
  if (error instanceof ArchiveError && error.code !== "ARCHIVE_FORMAT") return error.why;
  return error instanceof DecryptError && error.code === "DECRYPT_DAMAGED" ? error.message : undefined;
}

class Contents {
  readonly problems: Problem[] = [];
  readonly #files = new Map<string, { bytes: number; sha256: string }>();
  readonly #links = new Set<string>();
  #manifest?: Manifest;
  #bytes = 0;

  async add(member: BundleMember): Promise<void> {
    const { path } = member;
    switch (member.type) {
      case "refused":
        return this.#report("unsafe", path, `it must not be unpacked: ${member.why}`);
      case "directory":
        return;
      case "symlink":
      case "link":
        return void this.#links.add(path);
      case "file":
        if (this.#files.has(path)) this.#report("twice", path, "the archive has it more than once");
        return await this.#addFile(path, member.body);
    }
  }

  verified(): Verification {
    const whole = this.problems.every(({ kind }) => kind !== "damaged");
    if (this.#manifest !== undefined) this.#compare(this.#manifest, whole);
    else if (whole) {
      this.problems.push({
        kind: "manifest",
        message: `it has no ${BUNDLE_PATHS.manifest} of this program: there is nothing to check its files against`,
      });
    }
    return { files: this.#files.size, bytes: this.#bytes, problems: this.problems };
  }

  async #addFile(path: string, body: ReadableStream<Uint8Array>): Promise<void> {
    const hash = createHash("sha256");
    const kept: Uint8Array[] | undefined = path === BUNDLE_PATHS.manifest ? [] : undefined;
    let bytes = 0;
    for await (const piece of body) {
      hash.update(piece);
      bytes += piece.length;
      if (bytes <= MAX_MANIFEST_BYTES) kept?.push(piece.slice());
    }
    this.#bytes += bytes;
    this.#files.set(path, { bytes, sha256: hash.digest("hex") });
    if (kept !== undefined) this.#manifest = parseManifest(new TextDecoder().decode(concatBytes(kept)));
  }

  /** @param whole false: what is missing may be behind the damage */
  #compare({ files, links }: Manifest, whole: boolean): void {
    const listed = new Set([BUNDLE_PATHS.manifest, ...files.map(({ path }) => path)]);
    const linked = new Set((links ?? []).map(({ path }) => path));
    for (const { path, bytes, sha256 } of files) {
      const found = this.#files.get(path);
      if (found === undefined) {
        if (whole) this.#report("missing", path, "the manifest has it, and the bundle does not");
      } else if (found.bytes !== bytes) {
        this.#report("changed", path, `it has ${counted(found.bytes, "byte")}, and the manifest says ${bytes}`);
      } else if (found.sha256 !== sha256) {
        this.#report("changed", path, "its SHA-256 is not the one in the manifest");
      }
    }
    for (const path of linked) {
      if (whole && !this.#links.has(path)) {
        this.#report("missing", path, "the manifest has this link, and the bundle does not");
      }
    }
    for (const [found, known] of [[this.#files.keys(), listed], [this.#links, linked]] as const) {
      for (const path of found) {
        if (!known.has(path)) this.#report("unknown", path, "the bundle has it, and the manifest does not");
      }
    }
  }

  #report(kind: Problem["kind"], path: string, message: string): void {
    this.problems.push({ kind, path, message });
  }
}
