/** Makes a function that reads with little patience: where reading anew takes longer than `ms`, what was read last does. The
 * first time has to wait.
 * @throws what `read` throws in time */
export function orLast<T>(read: () => Promise<T>, ms: number): () => Promise<T> {
  const last: { value?: T; known: boolean } = { known: false };
  return async () => {
    const reading = read().then((value) => {
      Object.assign(last, { value, known: true });
      return value;
    });
    if (!last.known) return await reading;
    const { promise: late, resolve } = Promise.withResolvers<T>();
    const timer = setTimeout(() => {
      reading.catch(() => {}); // whoever asks next meets the same failure
      resolve(last.value as T);
    }, ms);
    try {
      return await Promise.race([reading, late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
