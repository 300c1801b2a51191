import { join } from "node:path";
import { badCredential, readCredential } from "../read_credential.ts";
import type { Destination, UploadContext } from "../uploader.ts";
import { type PrivateKey, usableKey } from "./usable_key.ts";

/** A way to log in, as `ssh2` takes it. */
export type LoginMethod =
  | { type: "password"; username: string; password: string }
  | { type: "keyboard-interactive"; username: string; prompt: Prompt }
  | { type: "publickey"; username: string; key: PrivateKey }
  | { type: "agent"; username: string; agent: string };

type Prompt = (
  name: string,
  instructions: string,
  language: string,
  prompts: unknown[],
  finish: (answers: string[]) => void,
) => void;

/** `ssh2`'s `utils.parseKey`. */
export type ParseKey = (text: string, passphrase?: string) => PrivateKey | PrivateKey[] | Error;

const PLACES =
  "Name a private key or a password with --upload-credentials env:NAME or file:/path, start an SSH agent " +
  "(SSH_AUTH_SOCK), or make a key: ssh-keygen -t ed25519";
const KEY_NAMES = ["id_ed25519", "id_ecdsa", "id_rsa"];

/** How to log in: with what the destination's credentials are, a private key or a password; without, by the SSH agent, and with
 * the account's own keys, as `ssh` does.
 * @throws {UploadError} `UPLOAD_CREDENTIALS` when there is no way, or a key that cannot be used */
export async function loginMethods(
  username: string,
  { credentials, options }: Destination,
  context: Pick<UploadContext, "secret" | "env">,
  parseKey: ParseKey,
): Promise<LoginMethod[]> {
  const passphrase = options.passphrase === undefined
    ? undefined
    : await readCredential(options.passphrase, context, "Check the option passphrase");
  if (credentials === undefined) return await ownMethods(username, context.env, passphrase, parseKey);
  const secret = await readCredential(credentials, context, PLACES);
  if (!/^(?:-----BEGIN |PuTTY-User-Key-File-)/.test(secret.trimStart())) {
    return [
      { type: "password", username, password: secret },
      // Servers that ask for the password in a dialogue.
      {
        type: "keyboard-interactive",
        username,
        prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => secret)),
      },
    ];
  }
  const text = secret.trim() + "\n"; // the last line end belongs to the format, and is no part of a secret
  const parsed = parseKey(text, passphrase);
  if (!(parsed instanceof Error)) {
    const key = usableKey([parsed].flat()[0]!);
    if (key !== undefined) return [{ type: "publickey", username, key }];
    throw badCredential(
      `The private key that ${credentials} names is of a kind that this program cannot use`,
      "Use one of ed25519 (ssh-keygen -t ed25519), ECDSA with P-256 or P-384, or RSA",
    );
  }
  if (/encrypted/i.test(parsed.message) && passphrase === undefined) {
    throw badCredential(
      `The private key that ${credentials} names is locked with a passphrase`,
      "Name that, too, by reference: --upload-options passphrase=env:NAME",
    );
  }
  throw badCredential(
    `The private key that ${credentials} names cannot be read${
      passphrase === undefined ? "" : " with this passphrase"
    }`,
    "Write a private key as ssh-keygen makes it (OpenSSH or PEM), and the right passphrase",
  );
}

async function ownMethods(
  username: string,
  env: Readonly<Record<string, string>>,
  passphrase: string | undefined,
  parseKey: ParseKey,
): Promise<LoginMethod[]> {
  const methods: LoginMethod[] = [];
  if (env.SSH_AUTH_SOCK) methods.push({ type: "agent", username, agent: env.SSH_AUTH_SOCK });
  const folder = join(env.HOME ?? env.USERPROFILE ?? ".", ".ssh");
  for (const name of KEY_NAMES) {
    const text = await readOwnKey(join(folder, name));
    if (text === undefined) continue;
    // One that is locked is for those who can type its passphrase, or for the agent.
    for (const open of passphrase === undefined ? [undefined] : [undefined, passphrase]) {
      const parsed = parseKey(text, open);
      if (parsed instanceof Error) continue;
      const key = usableKey([parsed].flat()[0]!);
      if (key !== undefined) methods.push({ type: "publickey", username, key });
      break;
    }
  }
  if (methods.length === 0) {
    throw badCredential(`There is no way to log in: no credentials, no SSH agent, no private key in ${folder}`, PLACES);
  }
  return methods;
}

/** Undefined for one that others can read, too: `ssh` does not use it either. */
async function readOwnKey(path: string): Promise<string | undefined> {
  try {
    using file = await Deno.open(path);
    const { mode, isFile } = await file.stat();
    if (!isFile || (Deno.build.os !== "windows" && ((mode ?? 0) & 0o077) !== 0)) return undefined;
    return await Deno.readTextFile(path);
  } catch {
    return undefined;
  }
}
