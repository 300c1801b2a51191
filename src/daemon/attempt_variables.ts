import type { Clock } from "../core/clock.ts";
import { referencesIn } from "../core/credential_reference.ts";
import { KEY_ENV } from "../credentials/vault_key.ts";
import { secretVariables } from "../credentials/secret_variables.ts";
import type { JobStore } from "../store/job_store.ts";

/** Opens a store that daemons share. Only the daemon itself speaks to it. */
const STORE_TOKEN = "DENO_KV_ACCESS_TOKEN";
// Where reading all jobs takes longer, nobody waits for it twice.
const QUICK_MS = 100;
// At most this share of the time is spent on reading them again.
const BUSY_SHARE = 0.05;

/** Which variables of the daemon's environment the child of an attempt does not get: those that credential references of
 * other jobs, or of the daemon's settings, name, the token of a shared store, and the vault's key, unless it has to open the vault. */
export class AttemptVariables {
  #named: ReadonlySet<string> = new Set();
  #revision: string | undefined;
  #tookMs = 0;
  #goodUntil = 0;
  #reading: Promise<void> | undefined;

  constructor(
    private readonly store: Pick<JobStore, "eachJob" | "revision">,
    private readonly clock: Clock,
    private readonly settings: () => unknown,
  ) {}

  /** @param request what the attempt shall do, with all its references
   * @throws {StoreError} when it was never known what the jobs name */
  async withheldFrom(request: unknown): Promise<string[]> {
    await this.#refresh();
    const own = referencesIn(request, "env");
    if (referencesIn(request, "vault").size > 0) own.add(KEY_ENV);
    return [...this.#named, ...secretVariables(this.settings()), STORE_TOKEN].filter((name) => !own.has(name));
  }

  async #refresh(): Promise<void> {
    if (this.clock.now().getTime() < this.#goodUntil) return;
    this.#reading ??= this.#read().finally(() => this.#reading = undefined);
    if (this.#tookMs <= QUICK_MS) return await this.#reading;
    this.#reading.catch(() => {}); // what was known counts until it succeeds
  }

  async #read(): Promise<void> {
    const startedAt = this.clock.now().getTime();
    const revision = await this.store.revision();
    if (revision === this.#revision) return;
    const named = new Set<string>();
    await this.store.eachJob((job) => referencesIn(job, "env").forEach((name) => named.add(name)));
    this.#named = named;
    this.#revision = revision;
    const now = this.clock.now().getTime();
    this.#tookMs = now - startedAt;
    this.#goodUntil = this.#tookMs > QUICK_MS ? now + this.#tookMs / BUSY_SHARE : 0;
  }
}
