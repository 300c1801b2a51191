/** Makes a function that races one promise after the other against the same event, as `Promise.race([promise, stop])` does.
 *
 * That one keeps, on a `stop` that has yet to come, everything that the other promises ever resolved to. Here it is the last. */
export function raceAgainst<Stop>(stop: Promise<Stop>): <T>(promise: Promise<T>) => Promise<T | Stop> {
  let stopped = false;
  let wake = () => {};
  const seen = () => {
    stopped = true;
    wake();
  };
  stop.then(seen, seen);
  return <T>(promise: Promise<T>) =>
    new Promise<T | Stop>((resolve, reject) => {
      wake = () => resolve(stop);
      if (stopped) wake();
      promise.then(resolve, reject);
    });
}
