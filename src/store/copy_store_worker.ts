/** The other end of `backup.ts`: a copy takes its time, and the daemon has none to lose. */
import { copyStore, type StoreCopy } from "./copy_store.ts";

/** What is asked of the worker. */
export interface CopyRequest {
  from: string;
  to: string;
}

export type CopyAnswer = { copy: StoreCopy } | { failed: string };

const scope = self as unknown as {
  onmessage: (event: MessageEvent<CopyRequest>) => void;
  postMessage(answer: CopyAnswer): void;
};

scope.onmessage = ({ data: { from, to } }) => {
  try {
    scope.postMessage({ copy: copyStore(from, to) });
  } catch (error) {
    scope.postMessage({ failed: error instanceof Error ? error.message : String(error) });
  }
};
