import { traffic } from "../core/traffic.ts";

/** What was asked of the API server. A part counts for itself and for the whole that it belongs to. */
export class KubeUsage {
  requests = 0;
  /** Received, without headers. */
  bytes = 0;

  constructor(readonly whole?: KubeUsage) {}

  addRequest(): void {
    this.requests++;
    this.whole?.addRequest();
  }

  addBytes(count: number): void {
    this.bytes += count;
    if (this.whole === undefined) traffic.receivedBytes += count;
    else this.whole.addBytes(count);
  }
}
