import {
  MAX_NOTICES,
  type Notice,
  type NoticeRef,
  noticeSchema,
  type NotifierState,
  notifierStateSchema,
} from "../schedule/notice.ts";
import { key } from "./keys.ts";
import { again, asCheck, type KvEntryMaybe, type KvSession } from "./kv_session.ts";
import { encodeRecord } from "./record_codec.ts";
import type { RecordReader } from "./record_reader.ts";

/** What notifiers are not told yet, its index by notifier and time, and how it stands with each notifier. */
export class NoticeRecords {
  constructor(private readonly session: KvSession, private readonly reader: RecordReader) {}

  /** Adds the writes of notices to an operation, which takes 800 KiB, the execution and its job included. */
  add(operation: Deno.AtomicOperation, notices: readonly Notice[]): void {
    for (const notice of notices.slice(0, MAX_NOTICES)) {
      const { target, id, at } = notice;
      operation.set(key.notice(target, id), encodeRecord(notice, `what ${target} is to be told of ${id}`));
      operation.set(key.outboxEntry(target, Date.parse(at), id), id);
    }
  }

  async pending(): Promise<NoticeRef[]> {
    const refs: NoticeRef[] = [];
    for await (const entry of this.session.list({ prefix: key.outbox })) refs.push(refOf(entry.key));
    return refs;
  }

  async get(target: string, ids: readonly string[]): Promise<Notice[]> {
    const notices: Notice[] = [];
    for (const entry of await this.session.getMany(ids.map((id) => key.notice(target, id)))) {
      const notice = await this.reader.read(noticeSchema, entry);
      if (notice !== undefined) notices.push(notice);
    }
    return notices;
  }

  async states(): Promise<NotifierState[]> {
    const states: NotifierState[] = [];
    for await (const entry of this.session.list({ prefix: key.notifierStates })) {
      const state = await this.#readState(entry);
      if (state !== undefined) states.push(state);
    }
    return states;
  }

  claim(
    target: string,
    owner: string,
    now: Date,
    claimMs: number,
    deadOwner?: string,
  ): Promise<NotifierState | undefined> {
    return this.session.untilCommitted(`claim the notifier ${target}`, async () => {
      const entry = await this.session.get(key.notifierState(target));
      const state = await this.#readState(entry) ?? notifierStateSchema.parse({ target });
      const { claim } = state;
      const free = claim === null || claim.owner === owner || claim.owner === deadOwner ||
        Date.parse(claim.until) <= now.getTime();
      if (!free) return undefined;
      const until = new Date(now.getTime() + claimMs).toISOString();
      // What nobody sends is forgotten with its state: the clock keeps fences of different times apart.
      const fence = Math.max((claim?.fence ?? 0) + 1, now.getTime());
      const claimed: NotifierState = { ...state, claim: { owner, until, fence } };
      return await this.session.commit(this.#setState(this.session.atomic().check(asCheck(entry)), claimed))
        ? claimed
        : again;
    });
  }

  settle(claimed: NotifierState, state: NotifierState | undefined, done: readonly NoticeRef[]): Promise<boolean> {
    const { target } = claimed;
    return this.session.untilCommitted(`write what ${target} was told`, async () => {
      const entry = await this.session.get(key.notifierState(target));
      const held = (await this.#readState(entry))?.claim;
      if (held?.owner !== claimed.claim?.owner || held?.fence !== claimed.claim?.fence) return false;
      const operation = this.session.atomic().check(asCheck(entry));
      if (state === undefined) operation.delete(key.notifierState(target));
      else this.#setState(operation, { ...state, target });
      for (const { id, atMs } of done) {
        operation.delete(key.outboxEntry(target, atMs, id)).delete(key.notice(target, id));
      }
      return await this.session.commit(operation) ? true : again;
    });
  }

  /** As `JobRecords.repair`. */
  async repair(dryRun: boolean): Promise<string[]> {
    const done: string[] = [];
    const missing = new Map<string, Deno.KvKey>();
    for await (const entry of this.session.list({ prefix: key.notices }, { batchSize: 50 })) {
      const notice = await this.reader.read(noticeSchema, entry);
      if (notice === undefined) continue;
      const index = key.outboxEntry(notice.target, Date.parse(notice.at), notice.id);
      missing.set(JSON.stringify(index), index);
    }
    for await (const entry of this.session.list({ prefix: key.outbox })) {
      if (missing.delete(JSON.stringify(entry.key))) continue;
      done.push(`removed the index entry ${entry.key.join("/")}, which points to nothing`);
      if (!dryRun) await this.session.commit(this.session.atomic().check(entry).delete(entry.key));
    }
    for (const index of missing.values()) {
      const { target, id } = refOf(index);
      done.push(`indexed what ${target} is to be told of ${id} again`);
      if (!dryRun) await this.session.commit(this.session.atomic().set(index, id));
    }
    return done;
  }

  #setState(operation: Deno.AtomicOperation, state: NotifierState): Deno.AtomicOperation {
    const bytes = encodeRecord(state, `the state of the notifier ${state.target}`);
    return operation.set(key.notifierState(state.target), bytes);
  }

  #readState(entry: KvEntryMaybe): Promise<NotifierState | undefined> {
    return this.reader.read(notifierStateSchema, entry);
  }
}

function refOf([, target, atMs, id]: Deno.KvKey): NoticeRef {
  return { target: target as string, atMs: atMs as number, id: id as string };
}
