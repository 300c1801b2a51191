import { isAbsolute } from "node:path";
import { SupportBundleError, UsageError } from "./errors.ts";

/** Names a secret without holding it. */
export type CredentialReference =
  /** `env:NAME` */
  | { scheme: "env"; name: string }
  /** `file:/path` */
  | { scheme: "file"; path: string }
  /** `exec:/path/to/program argument…`: what it prints. No shell, no quotes. */
  | { scheme: "exec"; program: string; args: string[] }
  /** `systemd:NAME`, as `LoadCredential=` of a unit has it. */
  | { scheme: "systemd"; name: string }
  /** `k8s-secret:NAMESPACE/NAME/KEY` */
  | { scheme: "k8s-secret"; namespace: string; name: string; key: string }
  /** `vault:NAME`, as `credential set NAME` has it. */
  | { scheme: "vault"; name: string };

export type CredentialScheme = CredentialReference["scheme"];

/** A reference that names nothing, or something that may not be used. No message holds a value. */
export class CredentialError extends SupportBundleError {
  constructor(message: string, hint: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: "CREDENTIAL", hint });
  }
}

/** Reads the secret that a reference names. Line ends at its end are no part of it.
 * @throws {CredentialError} when there is none, or when others could read it too
 * @throws {UsageError} when it is no reference */
export type ReadSecret = (reference: string) => Promise<string>;

const FORMS =
  "Write env:NAME for an environment variable, file:/path for a file that only its owner may read, vault:NAME " +
  "for what `support-bundle credential set NAME` keeps, exec:/path/to/program, systemd:NAME, or " +
  "k8s-secret:NAMESPACE/NAME/KEY";

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const DNS_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** What may follow `vault:`. */
export const VAULT_NAME = /^[A-Za-z0-9][\w.-]{0,99}$/;

type Reader<S extends CredentialScheme> = (rest: string) => Extract<CredentialReference, { scheme: S }> | string;

/** By scheme: reads what follows the colon. @returns what was expected instead, in words that follow "but no" */
const READERS: { readonly [S in CredentialScheme]: Reader<S> } = {
  env: (name) => VARIABLE.test(name) ? { scheme: "env", name } : "name of a variable follows",
  file(rest) {
    const path = rest.replace(/^\/\/(?=\/)/, "");
    return isAbsolute(path) && !path.includes("\0") ? { scheme: "file", path } : "absolute path follows";
  },
  exec(rest) {
    const [program = "", ...args] = rest.trim().split(/\s+/);
    return isAbsolute(program) && !rest.includes("\0")
      ? { scheme: "exec", program, args }
      : "absolute path of a program follows";
  },
  systemd: (name) => /^(?!\.)[\w.@-]{1,255}$/.test(name) ? { scheme: "systemd", name } : "name of a credential follows",
  "k8s-secret"(rest) {
    const [namespace = "", name = "", key = "", ...more] = rest.split("/");
    const valid = DNS_NAME.test(namespace) && DNS_NAME.test(name) && /^(?!\.{1,2}$)[\w.-]{1,253}$/.test(key);
    return valid && more.length === 0 ? { scheme: "k8s-secret", namespace, name, key } : "NAMESPACE/NAME/KEY follows";
  },
  vault: (name) => VAULT_NAME.test(name) ? { scheme: "vault", name } : "name of a credential follows",
};

/** Refuses what is no reference, such as the secret itself. Nothing is looked up.
 * @throws {UsageError} that does not repeat the text: it may be a secret */
export function validateCredentialReference(reference: string): void {
  parseCredentialReference(reference);
}

/** Whether a text begins as a reference does: with a scheme that no server has. What follows may be wrong. */
export function beginsLikeReference(text: string): boolean {
  return Object.keys(READERS).some((scheme) => text.startsWith(`${scheme}:`));
}

export function isCredentialReference(text: string): boolean {
  try {
    validateCredentialReference(text);
    return true;
  } catch {
    return false;
  }
}

/** @throws {UsageError} as {@linkcode validateCredentialReference} */
export function parseCredentialReference(reference: string): CredentialReference {
  const colon = reference.indexOf(":");
  const scheme = reference.slice(0, Math.max(colon, 0));
  if (!Object.hasOwn(READERS, scheme)) {
    throw new UsageError(
      "The credentials are not a reference (they are not repeated here: they may be a secret)",
      FORMS,
    );
  }
  const read = READERS[scheme as CredentialScheme](reference.slice(colon + 1));
  if (typeof read === "object") return read;
  throw new UsageError(`The credentials begin with ${scheme}:, but no ${read}`, FORMS);
}

/** The references of one scheme that are anywhere in a record: texts that are nothing but one.
 * @returns the references without their schemes: names of variables for `env`, of credentials for `vault` */
export function referencesIn(record: unknown, scheme: "env" | "vault"): Set<string> {
  const found = new Set<string>();
  const visit = (value: unknown) => {
    if (typeof value === "string") {
      if (!value.startsWith(`${scheme}:`)) return;
      const read = READERS[scheme](value.slice(scheme.length + 1));
      if (typeof read === "object") found.add(read.name);
    } else if (typeof value === "object" && value !== null) Object.values(value).forEach(visit);
  };
  visit(record);
  return found;
}
