import { createHash } from "node:crypto";
import { basename, dirname, resolve } from "node:path";
import type { Command } from "commander";
import { describeError, SupportBundleError, UsageError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { parseRate } from "../core/size.ts";
import { formatSize } from "../core/size.ts";
import type { Delivered } from "../pipeline/deliver.ts";
import { asksCluster, type BundleFacts, type UploadPlan } from "../pipeline/upload_plan.ts";
import type { CliContext } from "./cli_context.ts";
import { collect, parseBoolean } from "./command.ts";
import { metadataOf } from "./metadata_flag.ts";
import { addPortalFlags, isPortal, LICENSE_IN_ARGUMENTS, type PortalFlags, portalPlace } from "./portal_flags.ts";
import { addOutputOption, type OutputFormat, printData } from "./render/output_format.ts";
import { progressLine } from "./render/progress_line.ts";
import { spanText } from "./render/time.ts";
import { addPlaceFlags, checkUploadPlan, destinationUrl, fallbackOf, type UploadFlags } from "./upload_flags.ts";
import { readSecret } from "./read_secret.ts";

interface UploadCommandFlags extends PortalFlags, UploadFlags {
  bandwidth?: string;
  resume: boolean;
  metadata?: string[];
  interactive?: boolean;
  output: OutputFormat;
}

/** `support-bundle upload`: delivers a bundle that exists. */
export function defineUpload(command: Command, cli: CliContext): void {
  command
    .description(
      "Deliver a bundle that exists: to a destination, or to the vendor portal when none is named. What failed in passing " +
        "is tried again; Ctrl-C keeps what has arrived, and the same command sends only the rest.",
    )
    .argument("<bundle>", "the archive")
    .argument("[destination]", "s3://bucket/folder/, file:///folder/, a path …; without one: the vendor portal");
  addPlaceFlags(command)
    .option("--bandwidth <rate>", "send no faster than this: 5MB/s, 500kB/s (default: no limit)")
    .option("--resume [bool]", "go on where an earlier upload of it ended (default: true)", parseBoolean, true)
    .option("--metadata <k=v>", "facts to keep with it at the destination (repeatable)", collect)
    .option("--interactive [bool]", "show progress, on a terminal (default: true)", parseBoolean);
  addOutputOption(addPortalFlags(command))
    .addHelpText(
      "after",
      `
{yyyy} {mm} {dd} in a destination are filled in: the date on which the archive was written.
A signature beside the archive (.minisig, .sig) is delivered with it.

Examples:
  support-bundle upload bundle.tar.gz s3://bundles/ --upload-options region=eu-west-1
  support-bundle upload bundle.tar.gz s3://bundles/{yyyy}/ --upload-credentials env:BUNDLE_S3 --bandwidth 5MB/s
  support-bundle upload bundle.tar.gz /mnt/backup/
  support-bundle upload bundle.tar.gz --license-id env:LICENSE --app-slug my-app`,
    )
    .action((bundle: string, destination: string | undefined, flags: UploadCommandFlags) =>
      upload(cli, bundle, destination, flags)
    );
}

async function upload(cli: CliContext, bundle: string, to: string | undefined, flags: UploadCommandFlags) {
  const path = resolve(cli.cwd, bundle);
  const { plan, env } = await planOf(cli, to, flags);
  const progress = progressLine(cli, flags.interactive !== false);
  const archive = await measure(path, bundle, (text) => progress.show?.(text));
  const startedAt = cli.clock.now().getTime();
  const facts: BundleFacts = {
    execution: basename(path).replace(/\.(tar\.gz|tgz)(\.age)?$/, ""),
    at: (archive.writtenAt ?? cli.clock.now()).toISOString(),
    labels: {},
    metadata: flags.metadata === undefined ? {} : metadataOf(flags.metadata),
  };
  const { deliverArchive } = await import("../pipeline/deliver.ts");
  const kube = asksCluster(plan) ? await cluster(cli) : undefined;
  let delivered: Delivered;
  let sentBytes = 0;
  try {
    delivered = await deliverArchive({ path, ...archive, companions: await companionsOf(path) }, plan, facts, {
      clock: cli.clock,
      env,
      secret: readSecret({ env, clock: cli.clock }),
      signal: cli.signal,
      resume: flags.resume,
      kube,
      progress(destination, sent, total) {
        sentBytes = Math.max(sentBytes, sent);
        progress.show?.(progressText(destination, sent, total, cli.clock.now().getTime() - startedAt));
      },
      async log(_, message) {
        progress.clear();
        await cli.stderr.write(`${message}\n`);
      },
    });
  } catch (error) {
    progress.clear();
    if (!cli.signal.aborted) throw error;
    throw interrupted(sentBytes, archive.bytes, flags.resume);
  } finally {
    kube?.close();
  }
  progress.clear();
  const reason = delivered.fallbackReason;
  if (reason !== undefined) {
    await cli.stderr.write(`Warning: delivered to the fallback destination: ${reason.message}\n  ${reason.hint}\n`);
  }
  const { url, bytes, sha256 } = delivered;
  const took = cli.clock.now().getTime() - startedAt;
  await printData(
    cli,
    flags.output,
    { url, bytes, sha256, fallback: reason !== undefined },
    () => `Delivered to ${url} (${formatSize(bytes)}, ${spanText(took)})\n`,
  );
}

/** That of the environment. */
async function cluster(cli: CliContext) {
  const { connectKube } = await import("../kube/connect.ts");
  return connectKube({}, { ...cli.env }, { clock: cli.clock });
}

async function planOf(
  cli: CliContext,
  to: string | undefined,
  flags: UploadCommandFlags,
): Promise<{ plan: UploadPlan; env: Readonly<Record<string, string>> }> {
  const url = to === undefined ? "portal:" : destinationUrl(to);
  const given = { url, options: flags.uploadOptions ?? {}, credentials: flags.uploadCredentials || undefined };
  if (!isPortal(url) && (flags.licenseId || flags.appSlug || flags.uploadDomain)) {
    throw new UsageError(
      "--license-id, --app-slug and --upload-domain are for the vendor portal, and another destination is named",
      "Leave them out, or leave the destination out",
    );
  }
  const portal = portalPlace(flags, cli.env, given);
  const isSafe = !portal.isValue || flags.licenseId === cli.env.TROUBLESHOOT_LICENSE_ID;
  if (!isSafe) await cli.stderr.write(`Warning: ${LICENSE_IN_ARGUMENTS}\n`);
  const plan = {
    ...isPortal(url) ? portal.place : given,
    fallback: fallbackOf(flags),
    bandwidthBytesPerSecond: flags.bandwidth ? parseRate(flags.bandwidth, "--bandwidth") : undefined,
  };
  await checkUploadPlan({ ...plan, url: absolute(cli, plan.url) });
  return { plan: { ...plan, url: absolute(cli, plan.url) }, env: portal.env };
}

/** A path is one of this command's folder. */
function absolute(cli: CliContext, url: string): string {
  if (!/^(?:\.{0,2}[/\\]|\.{1,2}$)/.test(url)) return url;
  return resolve(cli.cwd, url) + (/[/\\]$/.test(url) ? "/" : "");
}

async function measure(path: string, shown: string, show: (text: string) => void) {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    using file = await Deno.open(path);
    const info = await file.stat();
    if (!info.isFile) throw new UsageError(`"${shown}" is no file`, "Name the archive of a bundle");
    const chunk = new Uint8Array(1024 * 1024);
    for (let count = await file.read(chunk); count !== null; count = await file.read(chunk)) {
      hash.update(chunk.subarray(0, count));
      bytes += count;
      show(`reading ${Math.floor(bytes / Math.max(info.size, 1) * 100)} % ${basename(path)}`);
    }
    return { bytes, sha256: hash.digest("hex"), writtenAt: info.mtime };
  } catch (error) {
    if (error instanceof SupportBundleError) throw error;
    throw new UsageError(`Cannot read "${shown}": ${describeError(error)}`, "Check the path and its permissions", {
      cause: error,
    });
  }
}

/** Signatures that lie beside the archive. */
async function companionsOf(path: string): Promise<string[]> {
  const name = basename(path);
  const found: string[] = [];
  for await (const entry of Deno.readDir(dirname(path))) {
    if (entry.isFile && [`${name}.minisig`, `${name}.sig`].includes(entry.name)) {
      found.push(resolve(dirname(path), entry.name));
    }
  }
  return found.sort();
}

function progressText(destination: string, sent: number, total: number, tookMs: number): string {
  const share = total === 0 ? 100 : Math.floor(sent / total * 100);
  const rate = tookMs > 1_000 ? `, ${formatSize(sent / tookMs * 1000)}/s` : "";
  return `${share} % of ${formatSize(total)} to ${destination}${rate}`;
}

function interrupted(sentBytes: number, bytes: number, resume: boolean): SupportBundleError {
  const arrived = sentBytes === 0
    ? "nothing was sent yet"
    : `${formatSize(sentBytes)} of ${formatSize(bytes)} were sent`;
  return new SupportBundleError(`The upload was interrupted: ${arrived}`, {
    code: "INTERRUPTED",
    exitCode: EXIT.interrupted,
    hint: resume
      ? "What has arrived is kept where the destination can keep it: the same command sends the rest"
      : "Run it again without --resume=false to keep what arrives",
  });
}
