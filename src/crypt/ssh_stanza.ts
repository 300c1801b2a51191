import { Buffer } from "node:buffer";
import { createHash, hkdfSync } from "node:crypto";
import type { Identity, Recipient, Stanza } from "age-encryption";
import { concatBytes } from "../core/concat_bytes.ts";
import type { SshPrivateKey, SshPublicKey } from "./ssh_key.ts";

const ED25519_LABEL = "age-encryption.org/v1/ssh-ed25519";
const RSA_LABEL = new TextEncoder().encode("age-encryption.org/v1/ssh-rsa");
const OAEP = { name: "RSA-OAEP", hash: "SHA-256" };
const NO_NONCE = new Uint8Array(12);

/** Encrypts to whoever has the private half of an SSH key, as `age -r "ssh-…"` does.
 * @see https://github.com/FiloSottile/age/blob/main/agessh/agessh.go */
export class SshRecipient implements Recipient {
  constructor(readonly key: SshPublicKey) {}

  async wrapFileKey(fileKey: Uint8Array): Promise<Stanza[]> {
    const { type, wire, jwk } = this.key;
    if (type === "ssh-rsa") {
      const key = await crypto.subtle.importKey("jwk", jwk, OAEP, false, ["encrypt"]);
      const body = await crypto.subtle.encrypt({ ...OAEP, label: RSA_LABEL }, key, new Uint8Array(fileKey));
      return [{ args: [type, tag(wire)], body: new Uint8Array(body) }];
    }
    const { x25519, ed25519 } = await import("@noble/curves/ed25519.js");
    const theirs = ed25519.utils.toMontgomery(fromBase64(jwk.x!, "base64url"));
    const ephemeral = x25519.utils.randomSecretKey();
    const share = x25519.scalarMultBase(ephemeral);
    const shared = x25519.scalarMult(tweak(wire), x25519.scalarMult(ephemeral, theirs));
    const { chacha20poly1305 } = await import("@noble/ciphers/chacha.js");
    const body = chacha20poly1305(wrapKey(shared, share, theirs), NO_NONCE).encrypt(fileKey);
    return [{ args: [type, tag(wire), toBase64(share)], body }];
  }
}

/** Opens what {@linkcode SshRecipient} or age has encrypted to the key. */
export class SshIdentity implements Identity {
  constructor(readonly key: SshPrivateKey) {}

  async unwrapFileKey(stanzas: Stanza[]): Promise<Uint8Array | null> {
    const { type, wire } = this.key.public;
    for (const { args, body } of stanzas) {
      if (args[0] !== type || args[1] !== tag(wire)) continue;
      const fileKey = type === "ssh-rsa" ? await this.#openRsa(args, body) : await this.#openEd25519(args, body);
      if (fileKey?.length === 16) return fileKey;
    }
    return null;
  }

  async #openRsa(args: string[], body: Uint8Array): Promise<Uint8Array | null> {
    if (args.length !== 2) throw new Error("invalid ssh-rsa stanza");
    const { alg: _, key_ops: __, ...jwk } = this.key.jwk;
    const key = await crypto.subtle.importKey("jwk", jwk, OAEP, false, ["decrypt"]);
    try {
      return new Uint8Array(await crypto.subtle.decrypt({ ...OAEP, label: RSA_LABEL }, key, new Uint8Array(body)));
    } catch {
      return null; // the tag has 32 bits: it may be another key's
    }
  }

  async #openEd25519(args: string[], body: Uint8Array): Promise<Uint8Array | null> {
    const share = fromBase64(args[2] ?? "", "base64");
    if (args.length !== 3 || share.length !== 32 || body.length !== 32) throw new Error("invalid ssh-ed25519 stanza");
    const { x25519 } = await import("@noble/curves/ed25519.js");
    const seed = fromBase64(this.key.jwk.d!, "base64url");
    const scalar = new Uint8Array(createHash("sha512").update(seed).digest().subarray(0, 32));
    const shared = x25519.scalarMult(tweak(this.key.public.wire), x25519.scalarMult(scalar, share));
    const { chacha20poly1305 } = await import("@noble/ciphers/chacha.js");
    try {
      return chacha20poly1305(wrapKey(shared, share, x25519.scalarMultBase(scalar)), NO_NONCE).decrypt(body);
    } catch {
      return null;
    }
  }
}

/** As {@linkcode SshIdentity}, of a key with a passphrase: it is asked for once, and only for a file that the key opens. */
export class LockedSshIdentity implements Identity {
  #opened?: Promise<SshIdentity>;

  /** @param unlock asks, and opens the key */
  constructor(readonly key: SshPublicKey, readonly unlock: () => Promise<SshPrivateKey>) {}

  async unwrapFileKey(stanzas: Stanza[]): Promise<Uint8Array | null> {
    const { type, wire } = this.key;
    if (!stanzas.some(({ args }) => args[0] === type && args[1] === tag(wire))) return null;
    const identity = await (this.#opened ??= this.unlock().then((key) => new SshIdentity(key)));
    return await identity.unwrapFileKey(stanzas);
  }
}

/** Tells the keys of a file's stanzas apart. */
function tag(wire: Uint8Array): string {
  return toBase64(createHash("sha256").update(wire).digest().subarray(0, 4));
}

function tweak(wire: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", new Uint8Array(0), wire, ED25519_LABEL, 32));
}

function wrapKey(shared: Uint8Array, share: Uint8Array, recipient: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", shared, concatBytes([share, recipient]), ED25519_LABEL, 32));
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}

function fromBase64(text: string, encoding: "base64" | "base64url"): Uint8Array {
  return new Uint8Array(Buffer.from(text, encoding));
}
