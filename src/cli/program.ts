import { type Command, Option } from "commander";
import { VERSION } from "../core/version.ts";
import { addAgentFlags } from "./agent_flags.ts";
import { credentialCommand } from "./credential/credential_command.ts";
import type { CliContext } from "./cli_context.ts";
import { collect, newCommand, parseBoolean } from "./command.ts";
import { addDiscoveryFlags } from "./discovery_flags.ts";
import { addEncryptOptions } from "./encrypt_options.ts";
import { readFlagVariables, withVariable } from "./flag_variables.ts";
import { addHideFlag } from "./hide_flag.ts";
import { addKubeFlags } from "./kube_flags.ts";
import { addLazyCommands } from "./lazy_commands.ts";
import { addNotifyFlags } from "./notify/notify_flags.ts";
import { notifyCommand } from "./notify/notify_command.ts";
import { addLeakGateFlag } from "./leak_gate_flag.ts";
import { addScrubValuesFlag } from "./scrub_values.ts";
import { addRemoteHostFlags } from "./remote_host_flags.ts";
import { addSizeFlags } from "./size_flags.ts";
import { addTokenFlags } from "./token_flags.ts";
import { addScheduleFlags } from "./schedule_flags.ts";
import { scheduleCommand } from "./schedule/schedule_command.ts";
import { addPortalFlags } from "./portal_flags.ts";
import { addUploadFlags } from "./upload_flags.ts";
import { serviceCommand } from "./service/service_command.ts";

/** Commands that the program itself starts. */
const INTERNAL = ["attempt", "deliver", "tell", "echo-peer"];

const EXAMPLES = `
Examples:
  support-bundle --auto                          what is usually wanted, without a spec
  support-bundle --auto --include-namespaces 'shop-*' --discovery-profile minimal
  support-bundle spec.yaml                       what a spec asks for
  support-bundle app.yaml host.yaml -o today     several specs, into today.tar.gz
  support-bundle                                 by the specs that are in the cluster
  support-bundle secret/shop/bundle-spec         by the specs of one Secret
  kubectl get cm spec -o yaml | support-bundle - a spec from standard input
  support-bundle spec.yaml --dry-run             what would be collected, and the permissions it needs
  support-bundle analyze bundle.tar.gz spec.yaml  judge a bundle that exists
  support-bundle spec.yaml --upload s3://bucket/bundles/
  support-bundle upload bundle.tar.gz s3://bucket/bundles/
  support-bundle spec.yaml --tokenize --redaction-map map.json     tokens that show which values are equal
  support-bundle spec.yaml --encrypt-to age1… --sign file:$HOME/.ssh/id_ed25519
  support-bundle --auto -n shop --schedule-preview --cron "0 2 * * *"
  support-bundle schedule create nightly --cron "0 2 * * *" --auto
  support-bundle schedule daemon start

Ctrl-C once finishes the bundle with what was gathered, twice drops it.
In a pipe, or with --interactive=false, the result is one JSON object on standard output.
Each flag can be set as TROUBLESHOOT_<FLAG> in the environment. docs/exit-codes.md lists the exit codes.
`;

/** The command tree. Actions load what they need when they run: a small command stays small. */
export function program(cli: CliContext): Command {
  const root = newCommand(cli, "support-bundle");
  readFlagVariables(root);
  root
    .description(
      "Collects diagnostics from a Kubernetes cluster and its hosts, hides the secrets in them and analyzes them",
    )
    .usage("[SPEC…] [flags]")
    .enablePositionalOptions() // flags behind a command are that command's
    .argument(
      "[specs...]",
      "files, http(s):// and oci:// URLs, secret/NAMESPACE/NAME[/KEY], configmap/NAMESPACE/NAME[/KEY], " +
        "- for standard input; without any, specs are looked for in the cluster",
    )
    .version(VERSION, "--version", "show the version")
    .option(
      "-o, --output <file>",
      "the archive; .tar.gz is added, or .tar.gz.age (default: support-bundle-<time>.tar.gz here)",
    )
    .option(
      "--load-cluster-specs [bool]",
      "look for specs in the cluster, too (default: only when none is named)",
      parseBoolean,
    )
    .option(
      "-l, --selector <labels>",
      "labels of the Secrets and ConfigMaps to look in (repeatable; default: troubleshoot.sh/kind=support-bundle)",
      collect,
    )
    .option("--redactors <spec>", "further Redactor spec (repeatable, or separated by commas)", collect)
    .option("--redact [bool]", "hide secrets (default: true)", parseBoolean)
    .option(
      "--scrub-secrets [bool]",
      "hide values of the cluster's Secrets wherever they are (default: true)",
      parseBoolean,
    );
  addScrubValuesFlag(root);
  addLeakGateFlag(root);
  root
    .option("--interactive [bool]", "live progress and a readable result, on a terminal (default: true)", parseBoolean)
    .option("--dry-run [bool]", "print the merged specs and the permissions they need, and stop", parseBoolean)
    .option("--since <duration>", "logs of the last 24h, 30m …")
    .option("--since-time <time>", "logs since a time (RFC 3339)")
    .option("--timeout <duration>", "stop gathering after this and finish the bundle")
    .option("--collector-timeout <duration>", "deadline of each collector", "5m");
  addNotifyFlags(root, "this notifier how it went", "always")
    .option("--metadata <k=v>", "facts to keep in metadata/user.json (repeatable)", collect)
    .option("--collect-without-permissions [bool]", "go on when permissions are missing (default: true)", parseBoolean)
    .option("--no-uri", "do not replace specs by what their uri holds")
    .addOption(withVariable(new Option("--allow-insecure-connections [bool]")).argParser(parseBoolean).hideHelp())
    .option("--debug [bool]", "log to standard error", parseBoolean)
    .option("-v, --v <level>", "log level, as --debug when it is 1 or more")
    .addOption(withVariable(new Option("--auto-update [bool]")).argParser(parseBoolean).hideHelp())
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError(false);
  addPortalFlags(addUploadFlags(root), "--auto-upload [bool]");
  addTokenFlags(root);
  addEncryptOptions(root);
  addHideFlag(root);
  addSizeFlags(root);
  addRemoteHostFlags(root);
  addDiscoveryFlags(root);
  addAgentFlags(root);
  addKubeFlags(root);
  addScheduleFlags(root);
  root.action(async (specs: string[], flags) => {
    const { collectBundle } = await import("./collect_bundle.ts");
    const commands = root.commands.map((command) => command.name()).filter((name) => !INTERNAL.includes(name));
    await collectBundle(cli, specs, flags, commands);
  });
  root.addCommand(scheduleCommand(cli));
  root.addCommand(serviceCommand(cli));
  root.addCommand(credentialCommand(cli));
  root.addCommand(notifyCommand(cli));
  addLazyCommands(root, cli, [{
    name: "analyze",
    summary: "judge a bundle that exists by the analyzers of specs",
    load: async () => (await import("./analyze.ts")).defineAnalyze,
  }, {
    name: "redact",
    summary: "hide the secrets in a bundle that exists, or explain what is hidden",
    load: async () => (await import("./redact.ts")).defineRedact,
  }, {
    name: "decrypt",
    summary: "open an encrypted bundle",
    load: async () => (await import("./decrypt.ts")).defineDecrypt,
  }, {
    name: "verify",
    summary: "check a bundle against its manifest and its signature",
    load: async () => (await import("./verify.ts")).defineVerify,
  }, {
    name: "diff",
    summary: "show what changed between two bundles",
    load: async () => (await import("./diff/diff.ts")).defineDiff,
  }, {
    name: "upload",
    summary: "deliver a bundle that exists",
    load: async () => (await import("./upload.ts")).defineUpload,
  }, {
    name: "rbac",
    summary: "print the roles that specs need, for kubectl apply -f -",
    load: async () => (await import("./rbac.ts")).defineRbac,
  }, {
    name: "lint",
    summary: "check specs, and repair what is plainly a slip",
    load: async () => (await import("./lint.ts")).defineLint,
  }, {
    name: "schema",
    summary: "print JSON Schemas of specs, for editors",
    load: async () => (await import("./schema.ts")).defineSchema,
  }]);
  root.addCommand(versionCommand(cli));
  root.addCommand(attemptCommand(cli), { hidden: true });
  root.addCommand(deliverCommand(cli), { hidden: true });
  root.addCommand(tellCommand(cli), { hidden: true });
  root.addCommand(echoPeerCommand(cli), { hidden: true });
  return root;
}

function versionCommand(cli: CliContext): Command {
  return newCommand(cli, "version").description("show the version").action(() => {
    cli.stdout.write(`support-bundle ${VERSION}\n`);
  });
}

/** What the daemon starts for each attempt. Not for people. */
function attemptCommand(cli: CliContext): Command {
  return newCommand(cli, "attempt").description("run one attempt, as the daemon asks on standard input").action(
    async () => {
      const { runAttempt } = await import("./attempt.ts");
      await runAttempt(cli);
    },
  );
}

/** What the daemon starts for each bundle that waits for its destination. Not for people. */
function deliverCommand(cli: CliContext): Command {
  return newCommand(cli, "deliver").description("deliver a bundle, as the daemon asks on standard input").action(
    async () => {
      const { runDelivery } = await import("./deliver_for_daemon.ts");
      await runDelivery(cli);
    },
  );
}

/** What the daemon starts to send notifications. Not for people. */
function tellCommand(cli: CliContext): Command {
  return newCommand(cli, "tell").description("send notifications, as the daemon asks on standard input").action(
    async () => {
      const { runTell } = await import("./tell.ts");
      await runTell(cli);
    },
  );
}

/** What a check between network namespaces starts in each of them. Not for people. */
function echoPeerCommand(cli: CliContext): Command {
  return newCommand(cli, "echo-peer").argument("<request>").description("one side of a check between networks").action(
    async (request: string) => {
      const { runEchoPeer } = await import("../collect/kinds/host/echo_peer.ts");
      await runEchoPeer(JSON.parse(request), (result) => cli.stdout.write(JSON.stringify(result) + "\n"), cli.signal);
    },
  );
}
