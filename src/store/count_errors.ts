import type { JobStore } from "./job_store.ts";
import { StoreError } from "./store_error.ts";

/** A store that tells of each call that the store itself failed. */
export function countErrors<Store extends JobStore>(store: Store, failed: () => void): Store {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...parameters: unknown[]) => {
        const result = value.apply(target, parameters);
        // The caller has the promise itself, and what to do about its failure.
        if (result instanceof Promise) result.catch((error) => error instanceof StoreError && failed());
        return result;
      };
    },
  });
}
