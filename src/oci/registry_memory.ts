import type { Challenge } from "./challenge.ts";
import type { OciAuthError, OciRateLimitError, OciUnreachableError } from "./errors.ts";

/** What is known of the registries that were asked in a run, so that none is asked twice for what it has said already, and
 * one that does not answer is not waited for again. Holds tokens: it never leaves the process. */
export class RegistryMemory {
  readonly #states = new Map<string, RegistryState>();

  of(registry: string): RegistryState {
    let state = this.#states.get(registry);
    if (state === undefined) {
      state = { registry, silent: 0, tokens: new Map(), refused: new Map() };
      this.#states.set(registry, state);
    }
    return state;
  }
}

export interface RegistryState {
  readonly registry: string;
  /** Rejected: it cannot be reached. */
  connection?: Promise<Connection>;
  /** Requests in a row that got no answer. */
  silent: number;
  /** Set once it is given up: later requests fail with it at once. */
  failure?: OciUnreachableError;
  /** It asked to be left alone until then. */
  paused?: { until: Date; error: OciRateLimitError };
  /** By credentials, realm, service and scope. */
  tokens: Map<string, Promise<AccessToken>>;
  /** Credentials that it did not take: they are not tried again, since some lock accounts after a few tries. */
  refused: Map<string, OciAuthError>;
}

export interface Connection {
  /** `https://registry.example:5000` */
  origin: string;
  /** Undefined where the registry asked for nothing when it was greeted. */
  challenge?: Challenge;
}

export interface AccessToken {
  token: string;
  expiresAt: Date;
}
