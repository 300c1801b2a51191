import { carryProgress } from "../schedule/carry_progress.ts";
import { executionSchema } from "../schedule/execution.ts";
import { jobSchema } from "../schedule/job.ts";
import { templateSchema } from "../schedule/template.ts";
import { ExecutionRecords } from "./execution_records.ts";
import { JobRecords } from "./job_records.ts";
import { key } from "./keys.ts";
import type { KvSession } from "./kv_session.ts";
import { logKeys } from "./log_records.ts";
import type { RawStore } from "./raw_store.ts";
import type { RecordReader } from "./record_reader.ts";
import { TemplateRecords } from "./template_records.ts";

/** What was taken over from another store. */
export interface TakenOver {
  /** Jobs that are new or differ. With `progress`: that have run since. */
  jobs: number;
  executions: number;
  /** Names of jobs that the other store does not have. */
  absent: string[];
  /** Names of jobs that the other store has, and that were not taken over. */
  dropped: string[];
  /** Whether all of the other store could be read. */
  complete: boolean;
}

/** Takes over what another store, a newer one, knows and this one does not: executions and their logs always, so that
 * nothing that ran runs again; either jobs and templates too, or of jobs only how far they have come.
 * @param before the file that the session's store was made from: what is the same there is passed over */
export async function takeOver(
  session: KvSession,
  reader: RecordReader,
  newer: RawStore,
  before: RawStore | undefined,
  jobs: "all" | "progress",
): Promise<TakenOver> {
  const jobRecords = new JobRecords(session, reader);
  const executionRecords = new ExecutionRecords(session, reader);
  const taken: TakenOver = { jobs: 0, executions: 0, absent: [], dropped: [], complete: false };

  const known = new Set<string>();
  for (const value of newer.values(key.jobs)) {
    const decoded = reader.decode(jobSchema, { key: key.jobs, value });
    if (!("value" in decoded)) continue;
    const job = decoded.value;
    known.add(job.id);
    if (same(value, before?.get(key.job(job.id)))) continue;
    if (jobs === "all") await jobRecords.put(job);
    else if (await jobRecords.update(job.id, (earlier) => carryProgress(earlier, job)) === undefined) {
      taken.dropped.push(job.name);
      continue;
    }
    taken.jobs++;
  }
  for (const { id, name } of await jobRecords.list()) if (!known.has(id)) taken.absent.push(name);

  if (jobs === "all") await takeTemplates(new TemplateRecords(session, reader), reader, newer, before);

  for (const value of newer.values(key.executions)) {
    const decoded = reader.decode(executionSchema, { key: key.executions, value });
    if (!("value" in decoded)) continue;
    const { id } = decoded.value;
    if (same(value, before?.get(key.execution(id)))) continue;
    await executionRecords.put(decoded.value);
    await copyLog(session, newer, id);
    if (newer.has(key.endedExecution(id))) {
      await session.commit(session.atomic().set(key.endedExecution(id), id));
    }
    taken.executions++;
  }
  taken.complete = newer.complete;
  if (jobs === "progress" && newer.complete) await dropPurged(executionRecords, newer);
  return taken;
}

async function takeTemplates(
  templates: TemplateRecords,
  reader: RecordReader,
  newer: RawStore,
  before: RawStore | undefined,
): Promise<void> {
  for (const value of newer.values(key.templates)) {
    const decoded = reader.decode(templateSchema, { key: key.templates, value });
    if (!("value" in decoded) || same(value, before?.get(key.template(decoded.value.name)))) continue;
    await templates.save(decoded.value, true);
  }
}

/** What waited or ran, and has been purged since, must not run again. What had ended stays, as history. */
async function dropPurged(executions: ExecutionRecords, newer: RawStore): Promise<void> {
  for (const { id } of await executions.active()) if (!newer.has(key.execution(id))) await executions.delete(id);
}

async function copyLog(session: KvSession, newer: RawStore, id: string): Promise<void> {
  const value = newer.get(key.logHead(id));
  if (value === undefined) return;
  for (const old of logKeys(id, await session.get(key.logHead(id)))) {
    await session.commit(session.atomic().delete(old));
  }
  for (const chunkKey of logKeys(id, { key: key.logHead(id), value, versionstamp: "newer" })) {
    const chunk = newer.get(chunkKey);
    if (chunk !== undefined) await session.commit(session.atomic().set(chunkKey, chunk));
  }
  await session.commit(session.atomic().set(key.logHead(id), value));
}

function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}
