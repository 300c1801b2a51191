import { rejects, strictEqual } from "node:assert/strict";
import { countErrors } from "../../src/store/count_errors.ts";
import type { JobStore } from "../../src/store/job_store.ts";
import { StoreError } from "../../src/store/store_error.ts";

const failing = (error: Error) =>
  ({ revision: () => Promise.reject(error), unreadable: () => [] }) as unknown as JobStore;
const storeError = new StoreError("The store is locked", { code: "STATE_LOCKED", hint: "" });

for (
  const [what, store, expect] of [
    ["a call that the store failed", failing(storeError), 1],
    ["not a defect elsewhere", failing(new TypeError("no")), 0],
  ] as const
) {
  Deno.test(`countErrors() counts ${what}, and hides nothing from the caller`, async () => {
    let failed = 0;
    const counted = countErrors(store, () => failed++);
    await rejects(counted.revision());
    strictEqual(counted.unreadable().length, 0);
    strictEqual(failed, expect);
  });
}
