import { type Command, Option } from "commander";
import { UsageError } from "../core/errors.ts";
import { parseDuration } from "../core/duration.ts";
import type { KubeOptions } from "../kube/kube_client.ts";
import { collect, parseBoolean } from "./command.ts";

/** The flags that kubectl has for reaching a cluster. */
export function addKubeFlags(command: Command): Command {
  return command
    .option("--kubeconfig <file>", "kubeconfig to use (default: KUBECONFIG, ~/.kube/config, the pod's own account)")
    .option("--context <name>", "context of the kubeconfig")
    .option("-n, --namespace <name>", "limit what is read from the cluster to one namespace", parseNamespace)
    .option("--cluster <name>", "cluster of the kubeconfig")
    .option("--user <name>", "user of the kubeconfig")
    .option("-s, --server <url>", "address of the API server")
    .option("--token <token>", "bearer token (rather use a kubeconfig: process lists show this flag)")
    .option("--as <user>", "act as this user")
    .option("--as-group <group>", "act as a member of this group (repeatable)", collect)
    .option("--as-uid <uid>", "act as this uid")
    .option("--as-user-extra <key=value>", "extra attribute of the user to act as (repeatable)", collect)
    .option("--certificate-authority <file>", "CA certificates of the API server")
    .option("--client-certificate <file>", "client certificate")
    .option("--client-key <file>", "key of the client certificate")
    .option("--insecure-skip-tls-verify [bool]", "do not verify the API server's certificate", parseBoolean)
    .option("--tls-server-name <name>", "name to expect in the API server's certificate")
    .option("--request-timeout <duration>", "deadline of one answer of the API server; 0: none", "1m")
    .option("--qps <n>", "send the API server no more requests a second (default: no limit)")
    .option("--burst <n>", "with --qps: requests that may come at once (default: twice as many)")
    .addOption(new Option("--cache-dir <folder>").hideHelp())
    .addOption(new Option("--disable-compression [bool]").argParser(parseBoolean).hideHelp());
}

// deno-lint-ignore no-explicit-any -- commander's options are untyped
export function kubeOptions(flags: Record<string, any>): KubeOptions {
  const timeout = flags.requestTimeout === undefined ? undefined : String(flags.requestTimeout);
  const options: KubeOptions = {
    kubeconfig: flags.kubeconfig,
    context: flags.context,
    cluster: flags.cluster,
    user: flags.user,
    server: flags.server,
    token: flags.token,
    as: flags.as,
    asGroup: flags.asGroup,
    asUid: flags.asUid,
    asUserExtra: flags.asUserExtra,
    certificateAuthority: flags.certificateAuthority,
    clientCertificate: flags.clientCertificate,
    clientKey: flags.clientKey,
    insecureSkipTlsVerify: flags.insecureSkipTlsVerify,
    tlsServerName: flags.tlsServerName,
    requestTimeoutMs: timeout === undefined
      ? undefined
      : /^\d+$/.test(timeout)
      ? Number(timeout) * 1000
      : parseDuration(timeout, "--request-timeout"),
    ...requestRate(flags),
  };
  // Empty ones come from variables that are set to nothing.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== ""));
}

function parseNamespace(text: string): string {
  if (text === "" || /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw new UsageError(
    `--namespace: ${JSON.stringify(text)} is no name of a namespace`,
    "Write lower-case letters, digits and dashes, 63 at most",
  );
}

/** `--qps` and `--burst`.
 * @throws {UsageError} for what is no number, and for a burst of nothing */
export function requestRate(flags: { qps?: string; burst?: string }): Pick<KubeOptions, "qps" | "burst"> {
  const qps = flags.qps === undefined ? undefined : rate(flags.qps, "--qps");
  const burst = flags.burst === undefined ? undefined : rate(flags.burst, "--burst");
  if (burst !== undefined && !qps) throw new UsageError("--burst means nothing without --qps", "Add --qps");
  return { qps, burst };
}

function rate(text: string, flag: string): number {
  const value = /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : NaN;
  if (Number.isNaN(value)) {
    throw new UsageError(`${flag}: "${text}" is not a number`, "Write a number such as 20; 0: no limit");
  }
  return value;
}
