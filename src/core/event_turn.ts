import { setImmediate } from "node:timers";

/** Work at one stretch, in milliseconds. */
const MAX_STRETCH_MS = 4;

let lastTurn = performance.now();

/** Gives way to what waits for the event loop (answers of servers, timers, Ctrl-C) when work has gone on for a while. A
 * chain of promises that are all settled never does so by itself: servers would stand idle, and deadlines pass unseen. */
export async function eventTurn(): Promise<void> {
  if (performance.now() - lastTurn < MAX_STRETCH_MS) return;
  await new Promise<void>((resolve) => void setImmediate(resolve));
  lastTurn = performance.now();
}
