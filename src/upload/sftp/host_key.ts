import { createHash } from "node:crypto";
import { join } from "node:path";
import { UploadError } from "../upload_error.ts";
import { hostName, keysOfHost, type KnownHost } from "./known_hosts.ts";

/** The algorithms of host keys, by the type of key they are for. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
};
const FAMILIES = [["ssh-ed25519"], ["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384"], ["ssh-rsa"]];

/** What is known of a server's key. A key that nobody vouches for is never accepted, and never learned by itself. */
export interface HostKeys {
  /** The algorithms to offer, the preferred ones first; the next list is for a server whose key was not accepted. */
  offers: string[][];
  accepts(key: Uint8Array): boolean;
  /** Why a key was not accepted. */
  refusal(key: Uint8Array): UploadError;
}

/** The keys that are named by their fingerprints.
 * @param text `SHA256:…`, as `ssh-keygen -l` prints it; several, separated by blanks */
export function pinnedHostKeys(text: string, host: string, keptIn: string): HostKeys {
  const pinned = text.trim().split(/\s+/).map((fingerprint) => fingerprint.replace(/=+$/, ""));
  return {
    // A fingerprint does not tell its type.
    offers: FAMILIES.map((types) => offer(types)),
    accepts: (key) => pinned.includes(fingerprintOf(key)),
    refusal: (key) =>
      refused(
        `The host key of ${host} is not the one that was named: it is ${fingerprintOf(key)} (${typeOf(key)})`,
        "Find out whether the server has a new key, or somebody is in between; then correct the option hostKey",
        keptIn,
      ),
  };
}

/** The keys that `known_hosts` files have.
 * @param files those that do not exist are passed over */
export async function knownHostKeys(files: string[], host: string, port: number, keptIn: string): Promise<HostKeys> {
  const name = hostName(host, port);
  const known: KnownHost[] = [];
  for (const file of files) {
    const text = await Deno.readTextFile(file).catch(() => "");
    known.push(...keysOfHost(text, name));
  }
  const has = (key: Uint8Array, revoked: boolean) =>
    known.some((entry) => entry.revoked === revoked && entry.key === key.toBase64());
  return {
    offers: [offer(known.filter(({ revoked }) => !revoked).map(({ type }) => type))],
    accepts: (key) => has(key, false) && !has(key, true),
    refusal(key) {
      const is = `it is ${fingerprintOf(key)} (${typeOf(key)})`;
      if (has(key, true)) {
        return refused(`The host key of ${name} is marked as revoked: ${is}`, "Do not deliver anything there", keptIn);
      }
      if (known.some(({ revoked, type }) => !revoked && type === typeOf(key))) {
        return refused(
          `The host key of ${name} has changed: ${is}, which differs from the one in ${files.join(" and ")}`,
          `Find out whether the server has a new key, or somebody is in between; then: ssh-keygen -R "${name}"`,
          keptIn,
        );
      }
      return refused(
        `The host key of ${name} is not known: ${is}`,
        "Compare it with what the server's administrator says (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub there), then pass " +
          `--upload-options hostKey=${fingerprintOf(key)}, or add it: ssh-keyscan -p ${port} ${host} >> ${files[0]}`,
        keptIn,
      );
    },
  };
}

export function defaultKnownHosts(env: Readonly<Record<string, string>>): string[] {
  const home = env.HOME ?? env.USERPROFILE ?? ".";
  return [join(home, ".ssh", "known_hosts"), ...(Deno.build.os === "windows" ? [] : ["/etc/ssh/ssh_known_hosts"])];
}

/** `SHA256:…`, as OpenSSH shows it. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The first field of a key on the wire. */
function typeOf(key: Uint8Array): string {
  const length = key.length < 4 ? 0 : new DataView(key.buffer, key.byteOffset).getUint32(0);
  return new TextDecoder().decode(key.subarray(4, 4 + Math.min(length, 64)));
}

/** All algorithms, those of `types` first. */
function offer(types: readonly string[]): string[] {
  return [...new Set([...types, ...Object.keys(ALGORITHMS)].flatMap((type) => ALGORITHMS[type] ?? []))];
}

function refused(message: string, hint: string, keptIn: string): UploadError {
  return new UploadError(message, {
    transient: false,
    code: "UPLOAD_HOST_KEY",
    hint: `${hint}. The bundle is still in ${keptIn}`,
  });
}
