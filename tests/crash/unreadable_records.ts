import type { StoreLocation } from "../../src/store/kv_job_store.ts";
import { key, showKey } from "../../src/store/keys.ts";

const COUNTERS = [key.schema, key.revision].map(showKey);

/** The keys of what stands in the store and is no record: values that are not JSON, and records that were set aside. */
export async function unreadableRecords(location: StoreLocation): Promise<string[]> {
  using kv = await Deno.openKv("path" in location ? location.path : location.url);
  const found: string[] = [];
  for await (const entry of kv.list({ prefix: [] }, { batchSize: 100 })) {
    const name = showKey(entry.key);
    // An index entry's value is an id.
    if (typeof entry.value === "string" || COUNTERS.includes(name)) continue;
    const setAside = entry.key[0] === key.setAsides[0] || entry.key[0] === key.setAsideReason([])[0];
    if (setAside || !isJson(entry.value)) found.push(name);
  }
  return found;
}

function isJson(value: unknown): boolean {
  try {
    return value instanceof Uint8Array && JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value)) !== null;
  } catch {
    return false;
  }
}
