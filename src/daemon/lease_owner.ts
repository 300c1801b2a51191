import { isSameProcess, processStart } from "./process_identity.ts";

/** Who holds a lease: enough to see from the same host whether that daemon still lives. */
export interface LeaseOwner {
  host: string;
  pid: number;
  /** See `processStart`. */
  startedAt: string;
}

/** The owner text of this process. The random part keeps two daemons in one process (tests) apart. */
export async function newLeaseOwner(): Promise<string> {
  const owner: LeaseOwner = { host: Deno.hostname(), pid: Deno.pid, startedAt: await processStart(Deno.pid) ?? "" };
  return [owner.host, owner.pid, owner.startedAt, crypto.randomUUID().slice(0, 8)].join("|");
}

/** @returns undefined for a text that no daemon of this version wrote */
export function parseLeaseOwner(text: string): LeaseOwner | undefined {
  const [host, pid, startedAt, random] = text.split("|");
  return host && pid && startedAt !== undefined && random !== undefined && /^\d+$/.test(pid)
    ? { host, pid: Number(pid), startedAt }
    : undefined;
}

/** @returns `unknown` for an owner on another host: only its lease's end says something about it */
export async function ownerState(text: string): Promise<"alive" | "dead" | "unknown"> {
  const owner = parseLeaseOwner(text);
  if (owner === undefined || owner.host !== Deno.hostname() || owner.startedAt === "") return "unknown";
  return await isSameProcess(owner.pid, owner.startedAt) ? "alive" : "dead";
}
