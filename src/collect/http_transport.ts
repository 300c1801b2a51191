import { denoProxy } from "../core/environment_proxy.ts";
import { countSent } from "../core/traffic.ts";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { SupportBundleError } from "../core/errors.ts";
import type { HttpRequest } from "./http_request.ts";

/** Sends single requests and follows no redirects. */
export interface Transport extends Disposable {
  send(url: URL, init: { method: string; headers: Headers; body?: string }, signal: AbortSignal): Promise<Response>;
}

/** The way that the request's proxy, authorities and `insecureSkipVerify` ask for. */
export async function openTransport(
  request: Pick<HttpRequest, "proxy" | "tls" | "insecureSkipVerify">,
  env: Readonly<Record<string, string>>,
): Promise<Transport> {
  const caCerts = request.tls?.cacert ? await readAuthorities(request.tls.cacert) : [];
  // With a proxy of its own or none: what the environment says about proxies, fetch reads itself.
  const proxy = request.proxy ? parseProxy(request.proxy) : undefined;
  const client = Deno.createHttpClient({
    allowHost: true,
    caCerts,
    ...(proxy ? { proxy: denoProxy(proxy) } : {}),
  });
  return {
    async send(url, { method, headers, body }, signal) {
      countSent(body);
      if (request.insecureSkipVerify && url.protocol === "https:") {
        const { sendUnverified } = await import("./http_unverified.ts");
        return await sendUnverified(url, { method, headers, body }, proxy ?? environmentProxy(url, env), signal);
      }
      return await fetch(url, { method, headers, body, client, signal, redirect: "manual" });
    },
    [Symbol.dispose]: () => client.close(),
  };
}

function parseProxy(text: string): URL {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url === null || url.hostname === "") {
    throw new SupportBundleError("The proxy of the request is not a URL", { code: "SPEC_VALUE" });
  }
  return url;
}

/** The proxy that the environment names for an https address; undefined when `NO_PROXY` excepts it. */
export function environmentProxy(url: URL, env: Readonly<Record<string, string>>): URL | undefined {
  const text = env.HTTPS_PROXY || env.https_proxy;
  if (!text) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  for (const part of (env.NO_PROXY || env.no_proxy || "").split(",")) {
    const excepted = part.trim().replace(/^\*?\./, "");
    if (excepted === "") continue;
    if (excepted === "*" || host === excepted || host.endsWith(`.${excepted}`)) return undefined;
  }
  return parseProxy(text);
}

/** Certificates of authorities: PEM text itself, a file, or the files of a folder. */
async function readAuthorities(cacert: string): Promise<string[]> {
  if (cacert.includes("-----BEGIN")) return [cacert];
  try {
    if (!(await stat(cacert)).isDirectory()) return [await readFile(cacert, "utf8")];
    const texts = await Promise.all(
      (await readdir(cacert)).sort().map((name) => readFile(join(cacert, name), "utf8").catch(() => "")),
    );
    return texts.filter((text) => text.includes("-----BEGIN CERTIFICATE"));
  } catch (cause) {
    throw new SupportBundleError(`Cannot read the certificates in "${cacert}"`, { code: "HOST_FILE", cause });
  }
}
