import { type Command, InvalidArgumentError } from "commander";
import { SupportBundleError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import { stateFolder } from "../../schedule/state_folder.ts";
import { type CheckedRecord, readAuditLog } from "../../store/audit_log.ts";
import type { CliContext } from "../cli_context.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { renderTable } from "../render/table.ts";
import { utcTime } from "../render/time.ts";

interface AuditFlags {
  limit: number;
  verify?: boolean;
  output: OutputFormat;
}

/** `schedule audit`: who did what, newest first. */
export function defineAudit(command: Command, cli: CliContext): void {
  command
    .description(
      "Show who made, changed, ran and deleted jobs, how executions ended and where bundles went, newest first. " +
        "Each record is sealed with the one before; records that do not fit are told.",
    )
    .argument("[job]", "only what happened to the job of this name or id, a deleted one too")
    .option("--limit <n>", "at most so many", parseLimit, 50)
    .option("--verify", "check all of it, and show only what is wrong")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule audit
  support-bundle schedule audit nightly -o json
  support-bundle schedule audit --verify`,
    );
  addOutputOption(command).action((job: string | undefined, flags: AuditFlags) => audit(cli, job, flags));
}

async function audit(cli: CliContext, job: string | undefined, { limit, verify, output }: AuditFlags): Promise<void> {
  const { auditLog } = stateFolder(cli.env);
  const shown: CheckedRecord[] = [];
  let count = 0, faults = 0, first: CheckedRecord | undefined;
  for await (const one of readAuditLog(auditLog)) {
    count++;
    if (one.fault !== undefined) {
      faults++;
      first ??= one;
    }
    const { record } = one;
    const wanted = verify ? one.fault !== undefined : job === undefined || record?.job === job || record?.jobId === job;
    if (!wanted) continue;
    shown.push(one);
    if (shown.length > limit) shown.shift();
  }
  shown.reverse();
  const data = shown.map(({ line, record, fault }) => ({ line, ...record, ...fault === undefined ? {} : { fault } }));
  await printData(cli, output, data, () => shown.length === 0 ? "" : asTable(cli, shown));
  if (faults === 0) {
    if (verify) await cli.stderr.write(`${count} records, each as it was written\n`);
    else if (count === 0) await cli.stderr.write("Nothing has been taken down yet\n");
    return;
  }
  throw new SupportBundleError(
    `The audit log was changed, or damaged, in ${faults === 1 ? "one place" : `${faults} places`}; the first is line ` +
      `${first!.line}: ${first!.fault}`,
    {
      code: "AUDIT_LOG_BROKEN",
      exitCode: EXIT.state,
      hint: verify
        ? `Compare ${auditLog} with a copy. A line that a crash cut off is harmless, if the next record fits`
        : "Show all of them with --verify",
    },
  );
}

function asTable(cli: CliContext, records: CheckedRecord[]): string {
  const columns = ["TIME", "USER", "HOST", "ACTION", "JOB"].map((title) => ({ title }));
  const rows = records.map(({ line, record, fault }) =>
    record === undefined ? ["-", "-", "-", "-", "-", `line ${line}: ${fault}`] : [
      utcTime(new Date(record.time)),
      record.user,
      record.host,
      record.action,
      record.job ?? "-",
      [record.detail, record.execution, fault && `line ${line}: ${fault}`].filter(Boolean).join("; "),
    ]
  );
  return renderTable([...columns, { title: "DETAIL", min: 10 }], rows, cli.stdout.columns);
}

function parseLimit(text: string): number {
  const limit = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  if (limit < 1) throw new InvalidArgumentError("Write a number from 1 to 99999.");
  return limit;
}
