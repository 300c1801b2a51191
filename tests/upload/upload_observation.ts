import { rejects } from "node:assert/strict";
import { UploadError } from "../../src/upload/upload_error.ts";
import type { ResumeState } from "../../src/upload/uploader.ts";

/** A clock that does not wait, and notes what it was asked to. */
export function recording(slept: number[]) {
  return { now: () => new Date(0), sleep: (ms: number) => (slept.push(ms), Promise.resolve()) };
}

/** State of an upload that outlives its process as long as the test does. */
export function memory(): ResumeState & { value: unknown } {
  return {
    value: undefined,
    load() {
      return Promise.resolve(this.value);
    },
    save(state: unknown) {
      this.value = structuredClone(state);
      return Promise.resolve();
    },
    clear() {
      this.value = undefined;
      return Promise.resolve();
    },
  };
}

/** The error that an upload ends with. */
export async function failure(promise: Promise<unknown>): Promise<UploadError> {
  let caught: unknown;
  await rejects(promise, (error) => (caught = error, error instanceof UploadError));
  return caught as UploadError;
}
