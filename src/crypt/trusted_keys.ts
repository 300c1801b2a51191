import { resolve } from "node:path";
import { describeError, UsageError } from "../core/errors.ts";
import { parseMinisignPublicKey } from "./minisign.ts";
import type { TrustedKey } from "./signature.ts";
import { isSshPublicKey, parseSshPublicKey } from "./ssh_key.ts";

const HINT = "Name a public key: a line of an SSH .pub file, one of minisign (RW…), or a file that has one";
const KEY_TYPE = /(?:^|\s)((?:ssh|ecdsa|sk)-[\w@.-]+ +AAAA\S+)/;

/** A public key whose signatures count.
 * @param named the key, or the file that has it
 * @throws {UsageError} */
export async function readTrustedKey(named: string, cwd: string): Promise<TrustedKey> {
  const isKey = isSshPublicKey(named) || /^RW[A-Za-z0-9+/]{54}/.test(named);
  const text = isKey ? named : await read("--key", resolve(cwd, named));
  try {
    const line = text.trim();
    return isSshPublicKey(line) ? { kind: "ssh", wire: parseSshPublicKey(line).wire } : parseMinisignPublicKey(line);
  } catch (cause) {
    throw new UsageError(`--key: there is no public key in "${named}": ${describeError(cause)}`, HINT, { cause });
  }
}

/** The keys in a file as `ssh-keygen -Y verify -f` reads it. Authorities are passed over, and keys of other types.
 * @throws {UsageError}
 * @see https://man.openbsd.org/ssh-keygen.1#ALLOWED_SIGNERS */
export async function readAllowedSigners(path: string): Promise<TrustedKey[]> {
  const keys: TrustedKey[] = [];
  for (const text of (await read("--allowed-signers", path)).split(/\r?\n/)) {
    const line = text.trim();
    const key = line.startsWith("#") ? null : KEY_TYPE.exec(line);
    if (key === null) continue;
    const [principals = "", ...options] = splitQuoted(line.slice(0, key.index));
    const option = new Map(options.flatMap((it) => splitOptions(it)).map(nameAndValue));
    if (option.has("cert-authority") || !/^ssh-(?:ed25519|rsa) /.test(key[1]!)) continue;
    try {
      keys.push({
        kind: "ssh",
        wire: parseSshPublicKey(key[1]!).wire,
        principals,
        namespaces: option.get("namespaces")?.split(","),
        validAfter: instant(option.get("valid-after")),
        validBefore: instant(option.get("valid-before")),
      });
    } catch (cause) {
      throw new UsageError(`--allowed-signers: a line of "${path}" cannot be used: ${describeError(cause)}`, HINT, {
        cause,
      });
    }
  }
  if (keys.length > 0) return keys;
  throw new UsageError(
    `--allowed-signers: there is no key in "${path}" that can be used`,
    "Write PRINCIPAL ssh-ed25519 AAAA…",
  );
}

async function read(flag: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound
      ? "there is no such file, and it is no key"
      : describeError(cause);
    throw new UsageError(`${flag}: cannot read "${path}": ${why}`, HINT, { cause });
  }
}

function splitQuoted(text: string): string[] {
  return text.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
}

function splitOptions(text: string): string[] {
  return text.match(/(?:"[^"]*"|[^,"])+/g) ?? [];
}

function nameAndValue(option: string): [name: string, value: string] {
  const [, name = "", value = ""] = /^([^=]*)=?(.*)$/.exec(option)!;
  return [name.toLowerCase(), value.replaceAll('"', "")];
}

/** `20260131`, `202601310800`, `20260131080000`, with a `Z` for UTC. */
function instant(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00", utc] =
    /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z)?$/.exec(text) ?? [];
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${utc ?? ""}`);
  if (Number.isNaN(at.getTime())) throw new Error(`"${text}" is not a time`);
  return at;
}
