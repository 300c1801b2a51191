import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { createServer, isIP, type Socket } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTunnel } from "../core/proxy_tunnel.ts";
import type { ClusterProxy } from "./cluster_proxy.ts";
import type { Credentials } from "./credentials.ts";
import { KubeconfigError } from "./errors.ts";
import type { KubeCluster } from "./kubeconfig.ts";

/** A Unix socket that leads to a TLS server on terms which `Deno.createHttpClient` does not offer. */
export interface TlsRelay {
  path: string;
  /** Why the last connection to the server failed. */
  failure(): Error | undefined;
  close(): void;
}

/** Starts the relay in a folder that only this user can enter: whoever reaches the socket speaks with the client
 * certificate.
 * @throws {KubeconfigError} on Windows, where Deno's HTTP client knows no Unix sockets */
export async function startTlsRelay(
  server: URL,
  { ca, credentials, cluster, proxy }: {
    ca?: string;
    credentials: Credentials;
    cluster: KubeCluster;
    /** `http://` */
    proxy?: ClusterProxy;
  },
): Promise<TlsRelay> {
  if (Deno.build.os === "windows") {
    throw new KubeconfigError(
      "Cannot skip the verification of the server's certificate, or verify it under another name, on Windows",
      { hint: "Pass --certificate-authority and a --server whose name is in the certificate" },
    );
  }
  const insecure = cluster["insecure-skip-tls-verify"] === true;
  const host = server.hostname.replace(/^\[|\]$/g, "");
  const name = cluster["tls-server-name"] ?? host;
  const servername = name === host && isIP(host) !== 0 ? undefined : name;
  const options: ConnectionOptions = {
    ...(servername === undefined ? {} : { servername }),
    rejectUnauthorized: !insecure,
    ALPNProtocols: ["http/1.1"],
    ...(ca === undefined || insecure ? {} : { ca }),
    ...(credentials.cert === undefined ? {} : { cert: credentials.cert, key: credentials.key }),
  };
  const folder = await mkdtemp(join(tmpdir(), "support-bundle-relay-"));
  const path = join(folder, "s");
  const open = new Set<Socket | TLSSocket>();
  let failure: Error | undefined;
  const pass = (near: Socket, far: TLSSocket) => {
    tie(near, far);
    far.on("error", (error) => failure = error);
    far.on("secureConnect", () => failure = undefined);
    near.pipe(far);
    far.pipe(near);
  };
  /** What one of them ends, ends the other. */
  const tie = (one: Socket, other: Socket | TLSSocket) => {
    for (const [socket, peer] of [[one, other], [other, one]] as const) {
      open.add(socket);
      socket.on("close", () => {
        open.delete(socket);
        peer.destroy();
      });
    }
  };
  const port = Number(server.port) || 443;
  const relay = createServer((near) => {
    near.on("error", () => {});
    if (proxy === undefined) return pass(near, connect({ ...options, host, port }));
    const tunnel = openTunnel(proxy.url, `${server.hostname}:${port}`, {
      opened: (socket) => pass(near, connect({ ...options, socket })),
      failed(error) {
        failure = error;
        near.destroy();
      },
    });
    tie(near, tunnel);
  });
  await new Promise<void>((resolve, reject) => {
    relay.once("error", reject);
    relay.listen(path, resolve);
  }).catch(async (error) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  return {
    path,
    failure: () => failure,
    close() {
      relay.close();
      for (const socket of open) socket.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
