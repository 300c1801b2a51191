import * as z from "zod";
import type { Lease } from "./job_store.ts";
import { key } from "./keys.ts";
import { again, asCheck, type KvEntryMaybe, type KvSession } from "./kv_session.ts";
import { decodeRecord, encodeRecord } from "./record_codec.ts";

const leaseSchema = z.object({
  executionId: z.string(),
  owner: z.string(),
  expiresAt: z.iso.datetime(),
  fence: z.number().int(),
  /** A released lease stays for its fencing number. */
  released: z.boolean(),
});

type StoredLease = z.output<typeof leaseSchema>;

/** Time-limited claims on executions. */
export class LeaseRecords {
  readonly #session: KvSession;

  constructor(session: KvSession) {
    this.#session = session;
  }

  claim(executionId: string, owner: string, now: Date, leaseMs: number): Promise<Lease | undefined> {
    return this.#session.untilCommitted(`claim the execution ${executionId}`, async () => {
      const [execution, entry] = await this.#session.getMany([key.execution(executionId), key.lease(executionId)]);
      if (execution!.versionstamp === null) return undefined;
      const held = readLease(entry!);
      if (held !== undefined && !held.released && held.owner !== owner && Date.parse(held.expiresAt) > now.getTime()) {
        return undefined;
      }
      const lease: Lease = {
        executionId,
        owner,
        expiresAt: new Date(now.getTime() + leaseMs).toISOString(),
        fence: nextFence(entry!, held, now),
      };
      // With the execution as it was read, so that no claim outlives one that is purged meanwhile.
      return await this.#write(entry!, { ...lease, released: false }, execution!) ? lease : again;
    });
  }

  renew(lease: Lease, now: Date, leaseMs: number): Promise<Lease | undefined> {
    return this.#session.untilCommitted(`renew the claim on ${lease.executionId}`, async () => {
      const entry = await this.#session.get(key.lease(lease.executionId));
      if (!holdsLease(entry, lease)) return undefined;
      const renewed: Lease = { ...lease, expiresAt: new Date(now.getTime() + leaseMs).toISOString() };
      return await this.#write(entry, { ...renewed, released: false }) ? renewed : again;
    });
  }

  release(lease: Lease): Promise<void> {
    return this.#session.untilCommitted(`release the claim on ${lease.executionId}`, async () => {
      const entry = await this.#session.get(key.lease(lease.executionId));
      if (!holdsLease(entry, lease)) return;
      return await this.#write(entry, { ...lease, released: true }) ? undefined : again;
    });
  }

  async getMany(executionIds: readonly string[]): Promise<(Lease | undefined)[]> {
    const entries = await this.#session.getMany(executionIds.map(key.lease));
    return entries.map((entry) => {
      const held = readLease(entry);
      if (held === undefined || held.released) return undefined;
      const { released: _, ...lease } = held;
      return lease;
    });
  }

  #write(entry: KvEntryMaybe, lease: StoredLease, ...unchanged: KvEntryMaybe[]): Promise<boolean> {
    const bytes = encodeRecord(lease, `the claim on ${lease.executionId}`);
    return this.#session.commit(
      this.#session.atomic().check(...[entry, ...unchanged].map(asCheck)).set(entry.key, bytes),
    );
  }
}

/** One more than the last. When that cannot be read any more, a number from the clock: higher than any that was counted,
 * so that no former holder passes for the current one. */
function nextFence(entry: KvEntryMaybe, held: StoredLease | undefined, now: Date): number {
  if (held !== undefined) return held.fence + 1;
  return entry.versionstamp === null ? 1 : Math.floor(now.getTime() / 1000);
}

/** True while the stored lease is the given one: not released, and claimed by nobody since. */
export function holdsLease(entry: KvEntryMaybe, lease: Lease): boolean {
  const held = readLease(entry);
  return held !== undefined && !held.released && held.fence === lease.fence && held.owner === lease.owner;
}

function readLease(entry: KvEntryMaybe): StoredLease | undefined {
  const decoded = entry.versionstamp === null ? undefined : decodeRecord(leaseSchema, entry.value);
  return decoded !== undefined && "value" in decoded ? decoded.value : undefined;
}
