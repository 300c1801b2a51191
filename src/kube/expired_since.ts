import { X509Certificate } from "node:crypto";
import type { Credentials } from "./credentials.ts";
import { tokenExpiry } from "./token_expiry.ts";

/** Which of the credentials is past its end, in words: `the client certificate expired at 2026-01-01T00:00:00.000Z`. */
export function expiredSince({ cert, headers }: Credentials, now: Date): string | undefined {
  const ends: [what: string, end: number | undefined][] = [["client certificate", certificateEnd(cert)]];
  const token = headers.find(([name]) => name === "authorization")?.[1];
  if (token?.startsWith("Bearer ")) ends.push(["token", tokenExpiry(token.slice("Bearer ".length))]);
  for (const [what, end] of ends) {
    if (end !== undefined && end <= now.getTime()) return `the ${what} expired at ${new Date(end).toISOString()}`;
  }
  return undefined;
}

function certificateEnd(cert: string | undefined): number | undefined {
  if (cert === undefined) return undefined;
  try {
    const end = Date.parse(new X509Certificate(cert).validTo);
    return Number.isNaN(end) ? undefined : end;
  } catch {
    return undefined; // the server is the judge of it
  }
}
