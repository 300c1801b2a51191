import { dirname, join, normalize } from "node:path/posix";
import { ArchiveError } from "./archive_error.ts";
import { bundlePath, UnsafePathError } from "./bundle_path.ts";

/** All names of an archive together: they are kept to the end. */
const MAX_CHARACTERS = 16e6;

export type MemberKind = "file" | "directory" | "symlink" | "link";

/** The names of an archive's members, checked one after the other: what is unpacked under them stays inside. */
export class MemberNames {
  readonly #kinds = new Map<string, MemberKind>();
  #characters = 0;

  /** @param limits characters of a name, and folders in each other */
  constructor(readonly limits: { nameLength: number; folders: number }) {}

  /** @returns the name in its canonical form: no `.` or `..`, forward slashes
   * @throws {UnsafePathError} when it would lie outside, below something that is no folder, or where something else is
   * @throws {ArchiveError} ARCHIVE_LIMIT */
  take(name: string, kind: MemberKind): string {
    const canonical = this.#inside(name);
    for (let at = canonical.indexOf("/"); at > 0; at = canonical.indexOf("/", at + 1)) {
      const folder = this.#kinds.get(canonical.slice(0, at));
      if (folder !== undefined && folder !== "directory") throw new UnsafePathError(name);
    }
    const before = this.#kinds.get(canonical);
    if (before === undefined) this.#characters += canonical.length;
    else if (before !== kind) throw new UnsafePathError(name);
    if (this.#characters > MAX_CHARACTERS) throw ArchiveError.limit("its names are too long, all together");
    this.#kinds.set(canonical, kind);
    return canonical;
  }

  /** Where a link leads to, in the form of {@linkcode take}. A symbolic one may lead to what is not there.
   * @throws {UnsafePathError} when that is outside, or for a hard link what is no file of the archive so far */
  target(name: string, target: string, kind: "symlink" | "link"): string {
    const unsafe = () => new UnsafePathError(`${name} -> ${target}`);
    if (kind === "link") {
      const file = this.#inside(target);
      if (this.#kinds.get(file) !== "file") throw unsafe();
      return file;
    }
    // A ".." behind a folder's name may be that of another folder, where the name is a link itself.
    if (target === "" || isAbsolute(target) || /[^/.][^/]*\/(?:.*\/)?\.\.(?:\/|$)/.test(target)) throw unsafe();
    const resolved = normalize(join(dirname(this.#inside(name)), target));
    if (/^\.\.?(?:\/|$)/.test(resolved)) throw unsafe();
    return bundlePath(resolved);
  }

  #inside(name: string): string {
    const { nameLength, folders } = this.limits;
    if (name.length > nameLength) throw new UnsafePathError(`${name.slice(0, 100)}…`);
    if (isAbsolute(name)) throw new UnsafePathError(name);
    const canonical = bundlePath(name);
    if (canonical.split("/").length > folders) throw new UnsafePathError(`${name.slice(0, 100)}…`);
    return canonical;
  }
}

function isAbsolute(name: string): boolean {
  return /^(?:[\\/]|[a-z]:)/i.test(name);
}
