import type { SendUnverified } from "../oci/registry_transport.ts";
import { environmentProxy } from "./http_transport.ts";

/** Asks registries whose certificate is not trusted here. The registry client uses it for what carries no secret alone. */
export function unverifiedSender(env: Readonly<Record<string, string>>): SendUnverified {
  return async (url, init, signal) => {
    const { sendUnverified } = await import("./http_unverified.ts");
    return await sendUnverified(url, init, environmentProxy(url, env), signal);
  };
}
