import type { JobStore } from "./job_store.ts";

/** A store with some methods of its own; whoever has the one below it sees no difference. */
export function withMethods<Store extends JobStore>(store: Store, methods: Partial<JobStore>): Store {
  return new Proxy(store, {
    get(target, name) {
      const own = methods[name as keyof JobStore];
      if (own !== undefined) return own;
      const value = Reflect.get(target, name, target); // which has private fields
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
