/** What this process has sent and received over the network so far, in bytes; a count of the process, like its processor time.
 *
 * It has the bodies of requests and answers of HTTP, and what commands in pods print; each try counts. It does not have headers
 * and what TLS adds, the protocols of databases, and what commands on this machine send. */
export const traffic = { sentBytes: 0, receivedBytes: 0 };

/** Counts the body of a request that is about to be sent. */
export function countSent(body: unknown): void {
  if (typeof body === "string") traffic.sentBytes += new TextEncoder().encode(body).length;
  else if (body instanceof Uint8Array) traffic.sentBytes += body.length;
}
