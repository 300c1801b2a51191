import { resolve } from "node:path";
import type { Command } from "commander";
import { stringify } from "yaml";
import { UsageError } from "../core/errors.ts";
import { discover } from "../discover/discover.ts";
import { type DiscoveryOptions, readDiscoveryFlags } from "../discover/discovery_options.ts";
import { mergeDiscovered } from "../discover/merge_discovered.ts";
import type { AccessNeed } from "../kube/access.ts";
import { connectKube } from "../kube/connect.ts";
import type { KubeClient } from "../kube/kube_client.ts";
import { type LoadedSpec, loadSpecs } from "../spec/load_spec.ts";
import type { ClusterSearch } from "../spec/search_cluster.ts";
import { parseSpecSource } from "../spec/spec_source.ts";
import type { CliContext } from "./cli_context.ts";
import { collect, parseBoolean } from "./command.ts";
import { addDiscoveryFlags } from "./discovery_flags.ts";
import { addKubeFlags, kubeOptions } from "./kube_flags.ts";
import { neededPermissions } from "./needed_permissions.ts";
import { planRoles, type RbacObject } from "./rbac_roles.ts";
import { colorsFor } from "./render/color.ts";

// deno-lint-ignore no-explicit-any -- commander's options are untyped
type Flags = Record<string, any>;

const EXAMPLES = `
Examples:
  support-bundle rbac spec.yaml | kubectl apply -f -
  support-bundle rbac spec.yaml --service-account ops/collector --name collector | kubectl apply -f -
  support-bundle rbac --auto --include-namespaces 'shop-*' -o json

The cluster is asked for its namespaces (--auto) and custom resources (clusterResources) with your own account. What is
printed grants reading those that there are now: print it again when that has changed.`;

/** `support-bundle rbac`: the roles that a run needs, and not more. */
export function defineRbac(command: Command, cli: CliContext): void {
  command
    .description("Prints the least roles that the collectors of specs need, ready for kubectl apply -f -.")
    .usage("[SPEC…] [flags]")
    .argument("[specs...]", "what specs there are, as for support-bundle itself")
    .option("-o, --output <format>", "yaml or json", "yaml")
    .option("--name <name>", "name of the roles and bindings", "support-bundle")
    .option("--service-account <namespace/name>", "also print the bindings that give it the roles")
    .option("--load-cluster-specs [bool]", "also for the specs that are found in the cluster", parseBoolean)
    .option("-l, --selector <labels>", "labels of the Secrets and ConfigMaps to look in (repeatable)", collect)
    .option("--no-uri", "do not replace specs by what their uri holds")
    .addHelpText("after", EXAMPLES);
  addDiscoveryFlags(command);
  addKubeFlags(command);
  command.action((specs: string[], flags) => printRoles(cli, specs, flags));
}

async function printRoles(cli: CliContext, specs: string[], flags: Flags): Promise<void> {
  const { yellow } = colorsFor(cli.stderr, cli.env);
  const warn = (message: string) => void cli.stderr.write(`${yellow("Warning:")} ${message}\n`);
  const discovery = readDiscoveryFlags(flags, warn);
  const searches = flags.loadClusterSpecs === true;
  if (specs.length === 0 && discovery === undefined && !searches) {
    throw new UsageError(
      "No spec was named, so there is nothing to grant",
      "Name a spec, or use --auto or --load-cluster-specs",
    );
  }
  if (flags.output !== "yaml" && flags.output !== "json") {
    throw new UsageError(`-o: there is no format "${flags.output}"`, "Write yaml or json");
  }
  const options = { name: roleName(flags.name), serviceAccount: serviceAccount(flags.serviceAccount) };
  const namespace: string | undefined = flags.namespace || undefined;
  const kubeFlags = kubeOptions(flags);
  if (kubeFlags.kubeconfig !== undefined) kubeFlags.kubeconfig = resolve(cli.cwd, kubeFlags.kubeconfig);
  const kube = connectKube(kubeFlags, { ...cli.env }, { clock: cli.clock });
  try {
    const search = searches ? { selector: flags.selector, namespace } : undefined;
    const spec = await load(cli, kube, specs, discovery, { namespace, search, followUri: flags.uri !== false });
    for (const warning of spec.warnings) warn(warning);
    for (const { kind, place } of spec.unsupported) warn(`${place}: ${kind} is not in this version, and gets nothing`);
    const { needs, customResourcesUnknown } = await neededPermissions(spec, { kube, namespace, signal: cli.signal });
    if (customResourcesUnknown !== undefined) {
      warn(`The roles leave out custom resources, since it is not known which there are: ${customResourcesUnknown}`);
    }
    needs.push(...ofTheRunItself(specs, discovery !== undefined, searches, namespace));
    const roles = planRoles(needs, options);
    if (roles.length === 0) await cli.stderr.write("These specs need no permission in a cluster.\n");
    await cli.stdout.write(flags.output === "json" ? toJson(roles) : toYaml(roles));
  } finally {
    kube.close();
  }
}

async function load(
  cli: CliContext,
  kube: KubeClient,
  specs: string[],
  discovery: DiscoveryOptions | undefined,
  { namespace, search, followUri }: { namespace?: string; search?: ClusterSearch; followUri: boolean },
): Promise<LoadedSpec> {
  const { cwd, env, clock, signal } = cli;
  const spec = await loadSpecs({
    sources: specs,
    auto: discovery !== undefined,
    followUri,
    search,
    kube,
    cwd,
    env,
    clock,
    signal,
    stdin: () => cli.stdin.readAll(),
  });
  if (discovery === undefined) return spec;
  // What the caller's own account lacks is what somebody else shall get.
  const found = await discover({ ...discovery, rbacCheck: false }, { kube, clock, signal, namespace });
  if (found.unreachable !== undefined) throw found.unreachable;
  return mergeDiscovered(spec, found);
}

/** What a run reads beside its collectors: the namespaces for discovery, and specs that lie in the cluster. */
function ofTheRunItself(
  specs: string[],
  discovers: boolean,
  searches: boolean,
  namespace: string | undefined,
): AccessNeed[] {
  const needs: AccessNeed[] = [];
  if (discovers && namespace === undefined) needs.push({ verb: "list", resource: "namespaces" });
  if (searches) {
    const where = namespace === undefined ? {} : { namespace };
    needs.push(...["secrets", "configmaps"].map((resource) => ({ verb: "list", resource, ...where })));
  }
  for (const text of specs) {
    const source = parseSpecSource(text);
    if (source.kind !== "object") continue;
    needs.push({
      verb: "get",
      resource: `${source.resource}s`,
      name: source.name,
      namespace: source.namespace,
    });
  }
  return needs;
}

function roleName(text: string): string {
  if (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(text)) return text;
  throw new UsageError(`--name: "${text}" is not a name`, "Use lower-case letters, digits, dashes and dots");
}

function serviceAccount(text: string | undefined): { namespace: string; name: string } | undefined {
  if (text === undefined) return undefined;
  const match = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)$/.exec(text);
  if (match !== null) return { namespace: match[1]!, name: match[2]! };
  throw new UsageError(`--service-account: "${text}" is not namespace/name`, "Write it as ops/collector");
}

function toYaml(objects: readonly RbacObject[]): string {
  return objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join("---\n");
}

function toJson(objects: readonly RbacObject[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }, null, 2) + "\n";
}
