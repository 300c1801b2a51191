import type { JobStore } from "../../src/store/job_store.ts";
import { StoreError } from "../../src/store/store_error.ts";
import { withMethods } from "../../src/store/with_methods.ts";

const WRITES = [
  "updateJob",
  "fire",
  "updateExecution",
  "claimLease",
  "renewLease",
  "releaseLease",
  "appendLogs",
] as const;
const READS = [
  "getJob",
  "dueJobs",
  "nextDueAt",
  "getExecution",
  "listExecutions",
  "activeExecutions",
  "revision",
] as const;

/** A store that fails every `oneIn`th call, at random. Half of the writes that fail were done all the same: then nobody
 * can know. */
export function failingStore<T extends JobStore>(store: T, random: (below: number) => number, oneIn: number): T {
  const fail = () => {
    throw new StoreError("The store failed, because a test wants it to", { code: "STATE_FAILED" });
  };
  // deno-lint-ignore no-explicit-any -- the arguments are passed on as they are
  type AnyMethod = (...args: any[]) => Promise<unknown>;
  const methods: Record<string, AnyMethod> = {};
  for (const name of READS) {
    const method = (store[name] as AnyMethod).bind(store);
    methods[name] = async (...args) => random(oneIn) === 0 ? fail() : await method(...args);
  }
  for (const name of WRITES) {
    const method = (store[name] as AnyMethod).bind(store);
    methods[name] = async (...args) => {
      if (random(2 * oneIn) === 0) fail();
      const result = await method(...args);
      return random(2 * oneIn) === 0 ? fail() : result;
    };
  }
  return withMethods(store, methods as Partial<JobStore>);
}
