import { BlockList, isIP } from "node:net";
import { SupportBundleError } from "./errors.ts";

export interface EnvironmentProxy {
  url: URL;
  /** The variable that names it, for messages: the value may hold a password. */
  variable: string;
}

const SCHEMES = ["http:", "https:", "socks5:", "socks5h:"];

/** The proxy that the environment names for an address: `HTTPS_PROXY` or `HTTP_PROXY`, else `ALL_PROXY`, in upper or lower
 * case, unless `NO_PROXY` excepts the address. This machine itself (`localhost`, 127.0.0.0/8, ::1) is never asked for
 * through one. The rules are those of kubectl, and of Go's programs altogether.
 * @throws {SupportBundleError} `PROXY` when the value is not a proxy's address
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config */
export function environmentProxy(to: URL, env: Readonly<Record<string, string>>): EnvironmentProxy | undefined {
  const secure = to.protocol === "https:" || to.protocol === "wss:";
  const variable = [secure ? "HTTPS_PROXY" : "HTTP_PROXY", "ALL_PROXY"]
    .flatMap((name) => [name, name.toLowerCase()]).find((name) => env[name]);
  if (variable === undefined) return undefined;
  if (isExcepted(to, env.NO_PROXY || env.no_proxy || "")) return undefined;
  return { url: parseProxy(env[variable]!, variable), variable };
}

/** @param origin where the text comes from, for the message */
export function parseProxy(text: string, origin: string): URL {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url !== null && url.hostname !== "" && SCHEMES.includes(url.protocol)) return url;
  throw new SupportBundleError(`Cannot use the proxy of ${origin}: it is not the address of a proxy`, {
    code: "PROXY",
    hint: "Write it as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT",
  });
}

/** A proxy as the clients of Deno want it. */
export function denoProxy(proxy: URL): Deno.Proxy {
  const url = `${proxy.protocol}//${proxy.host}`;
  if (proxy.username === "") return { url };
  return {
    url,
    basicAuth: { username: decodeURIComponent(proxy.username), password: decodeURIComponent(proxy.password) },
  };
}

/** Whether `NO_PROXY` excepts the address: `*`, `example.com` (and what is below it), `.example.com` or `*.example.com`
 * (only what is below it), an IP address, a CIDR; names and addresses with or without a port. */
function isExcepted(to: URL, list: string): boolean {
  const host = to.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = to.port || (to.protocol === "https:" || to.protocol === "wss:" ? "443" : "80");
  if (host === "localhost" || isIn(host, "127.0.0.0/8") || host === "::1") return true;
  return list.split(",").some((part) => {
    const exception = part.trim().toLowerCase();
    if (exception === "") return false;
    if (exception === "*") return true;
    if (exception.includes("/")) return isIn(host, exception);
    const { name, port: onlyPort } = splitPort(exception);
    if (onlyPort !== undefined && onlyPort !== port) return false;
    if (isIP(name) !== 0) return isIn(host, `${name}/${isIP(name) === 4 ? 32 : 128}`);
    const below = name.replace(/^\*(?=\.)/, "");
    return below.startsWith(".") ? host.endsWith(below) : host === below || host.endsWith(`.${below}`);
  });
}

function splitPort(exception: string): { name: string; port?: string } {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(exception) ?? [];
  const name = bracketed ?? plain;
  return name === undefined ? { name: exception } : { name, port };
}

function isIn(host: string, range: string): boolean {
  const [network = "", prefix = ""] = range.split("/");
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(prefix)) return false;
  if (Number(prefix) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const name = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(network, Number(prefix), name);
  return list.check(host, name);
}
