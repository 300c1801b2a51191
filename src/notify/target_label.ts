import type { NotifyTarget } from "./notifier.ts";

/** A target, for people. Without the path: it is often a password. */
export function targetLabel({ kind, url }: Pick<NotifyTarget, "kind" | "url">): string {
  const host = URL.canParse(url) ? new URL(url).host : "";
  return host === "" ? kind : `${kind} at ${host}`;
}
