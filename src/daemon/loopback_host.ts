/** Whether a request that came in over this machine's own address also names this machine. A web site whose name leads
 * here (DNS rebinding) does not: it could otherwise read the page through the browser of whoever visits it.
 * @param listening the address that the server listens on; any but a loopback address can have any name */
export function namesThisMachine(request: Request, listening: string): boolean {
  if (!isLoopback(listening)) return true;
  const { hostname } = new URL(request.url);
  return isLoopback(hostname.replace(/^\[(.*)\]$/, "$1"));
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
