/** What was asked of the store: calls, and the keys and entries that they were about. */
export interface Asked {
  reads: number;
  readKeys: number;
  lists: number;
  listed: number;
  commits: number;
}

/** A store that counts. */
export function countingKv(kv: Deno.Kv): { kv: Deno.Kv; asked: Asked } {
  const asked: Asked = { reads: 0, readKeys: 0, lists: 0, listed: 0, commits: 0 };
  const counted: Pick<Deno.Kv, "get" | "getMany" | "list" | "atomic" | "close"> = {
    get(key) {
      asked.reads++;
      asked.readKeys++;
      return kv.get(key);
    },
    getMany(keys) {
      asked.reads++;
      asked.readKeys += keys.length;
      return kv.getMany(keys);
    },
    list<T>(selector: Deno.KvListSelector, options?: Deno.KvListOptions) {
      asked.lists++;
      const iterator = kv.list<T>(selector, options);
      const next = iterator.next.bind(iterator);
      iterator.next = async () => {
        const result = await next();
        if (!result.done) asked.listed++;
        return result;
      };
      return iterator;
    },
    atomic() {
      const operation = kv.atomic();
      const commit = operation.commit.bind(operation);
      operation.commit = () => {
        asked.commits++;
        return commit();
      };
      return operation;
    },
    close: () => kv.close(),
  };
  return { kv: counted as Deno.Kv, asked };
}
