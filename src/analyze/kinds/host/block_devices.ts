import * as z from "zod";
import { flagField } from "../../../core/flag_field.ts";
import { defineAnalyzer, outcomesField, textField } from "../../analyzer.ts";
import { badWhen } from "../../condition_error.ts";
import { flagOf, type HostData, judgeHostFile, listIn, numberOf, textOf } from "../../host_data.ts";
import { judge, readOutcomes } from "../../outcome_engine.ts";
import { compileRegex } from "../../regex.ts";
import { compares, comparison, type Condition, integer, ORDERINGS, words } from "../../when.ts";

export const blockDevices = defineAnalyzer({
  kind: "blockDevices",
  where: "host",
  summary: "Counts the block devices that nothing uses yet",
  fields: () => ({
    collectorName: textField(),
    minimumAcceptableSize: z.number().int().nonnegative().nullish().describe("Bytes; smaller devices do not count"),
    includeUnmountedPartitions: flagField().describe("true counts partitions, too"),
    additionalDeviceTypes: z.array(z.string()).nullish().describe("Further types of lsblk that count: lvm, loop"),
    outcomes: outcomesField().describe("when: sdb == 1, .* >= 2: a pattern of names, and how many devices have one"),
  }),
  title,
  validate: ({ outcomes }) => void readOutcomes(outcomes, countCondition),
  analyze(config, bundle) {
    const outcomes = readOutcomes(config.outcomes, countCondition);
    return judgeHostFile(bundle, "system/block_devices.json", title(config), (file) => {
      const devices = listIn(file);
      const parents = new Set(devices.map((device) => textOf(device, "parent_kernel_name")));
      const unused = devices.filter((device) => isUnused(device, parents) && isWanted(device, config));
      const names = unused.map((device) => textOf(device, "name"));
      const what = `the ${names.length} unused of ${devices.length} block devices`;
      return judge(outcomes, names, what, { evidence: [{ path: file.path }] });
    });
  },
});

function title({ checkName }: { checkName?: string }): string {
  return checkName || "Block Devices";
}

interface Wanted {
  minimumAcceptableSize?: number | null;
  includeUnmountedPartitions?: boolean;
  additionalDeviceTypes?: string[] | null;
}

function isWanted(
  device: HostData,
  { minimumAcceptableSize, includeUnmountedPartitions, additionalDeviceTypes }: Wanted,
): boolean {
  const types = ["disk", ...includeUnmountedPartitions ? ["part"] : [], ...additionalDeviceTypes ?? []];
  if (!types.includes(textOf(device, "type"))) return false;
  return !minimumAcceptableSize || numberOf(device, "size") >= minimumAcceptableSize;
}

/** True when no file system, mount or other device is on it, and it can be written to and stays. */
function isUnused(device: HostData, parents: ReadonlySet<string>): boolean {
  const { mountpoint, filesystem_type: filesystem } = device.value;
  if (mountpoint || filesystem || parents.has(textOf(device, "kernel_name") || textOf(device, "name"))) return false;
  return !flagOf(device, "read_only") && !flagOf(device, "removable");
}

/** `<pattern> <op> <count>` over the names of devices. */
function countCondition(when: string): Condition<string[]> {
  const parts = words(when);
  const hint = "Write it as .* >= 1, or ^sd[b-z]$ = 2";
  if (parts.length !== 3) throw badWhen(when, "it is not a pattern, an operator and a number", hint);
  const [pattern, operator, count] = parts as [string, string, string];
  const regex = compileRegex(pattern, "pattern");
  const by = comparison(operator, when, ORDERINGS);
  const wanted = integer(count, when);
  return (names) => compares(names.filter((name) => regex.test(name)).length, by, wanted);
}
