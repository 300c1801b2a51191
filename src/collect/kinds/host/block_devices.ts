import { jsonEntry } from "../../../bundle/entry.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { defineCollector } from "../../collector.ts";
import { hostOutput } from "./host_command.ts";
import { notSupported } from "./not_supported.ts";

export interface BlockDevice {
  name: string;
  kernel_name: string;
  /** Empty for a device of its own. */
  parent_kernel_name: string;
  /** `disk`, `part`, `lvm`, `crypt`, `loop`, `rom` … */
  type: string;
  major: number;
  minor: number;
  /** In bytes. */
  size: number;
  /** Empty for none. */
  filesystem_type: string;
  mountpoint: string;
  serial: string;
  read_only: boolean;
  removable: boolean;
}

const COLUMNS = "NAME,KNAME,PKNAME,TYPE,MAJ:MIN,SIZE,FSTYPE,MOUNTPOINT,SERIAL,RO,RM";

export const blockDevices = defineCollector({
  kind: "blockDevices",
  where: "host",
  summary: "Disks, partitions and other block devices, with their file systems and mount points",
  title: ({ collectorName }) => collectorName || "Block Devices",
  fields: () => ({}),
  async *collect(_config, { signal }) {
    if (Deno.build.os !== "linux") throw notSupported("The block devices", "Linux with lsblk (util-linux)");
    const args = ["--noheadings", "--bytes", "--pairs", "-o", COLUMNS];
    const { stdout } = await hostOutput("read the block devices", "lsblk", args, signal);
    yield jsonEntry("host-collectors/system/block_devices.json", parseLsblk(stdout), { indent: 0, source: "lsblk" });
  },
});

/** Reads the lines `NAME="sda" KNAME="sda" …` of `lsblk --pairs`. Versions differ in the spelling of `MAJ:MIN`, in the
 * padding of values, and in the columns they know.
 * @throws {SupportBundleError} `HOST_OUTPUT` at a line that names no device */
export function parseLsblk(text: string): BlockDevice[] {
  return text.split("\n").filter((line) => line.trim() !== "").map((line) => {
    const fields = new Map<string, string>();
    for (const [, key, value] of line.matchAll(/([A-Z][A-Z:_%-]*)="((?:[^"\\]|\\.)*)"/g)) {
      fields.set(key!.replace(":", "_"), unescape(value!).trim());
    }
    const text = (key: string) => fields.get(key) ?? "";
    const name = text("NAME");
    if (name === "") {
      throw new SupportBundleError("Cannot read the block devices: lsblk wrote a line without a name", {
        code: "HOST_OUTPUT",
      });
    }
    const [major, minor] = text("MAJ_MIN").split(":");
    return {
      name,
      kernel_name: text("KNAME"),
      parent_kernel_name: text("PKNAME"),
      type: text("TYPE"),
      major: Number(major) || 0,
      minor: Number(minor) || 0,
      size: Number(text("SIZE")) || 0,
      filesystem_type: text("FSTYPE"),
      mountpoint: text("MOUNTPOINT"),
      serial: text("SERIAL"),
      read_only: text("RO") === "1",
      removable: text("RM") === "1",
    };
  });
}

/** lsblk writes bytes that a shell might mind as `\x20`. */
function unescape(value: string): string {
  if (!value.includes("\\")) return value;
  const bytes: number[] = [];
  for (const [part, hex] of value.matchAll(/\\x([0-9a-fA-F]{2})|[^\\]+|\\./g)) {
    if (hex !== undefined) bytes.push(parseInt(hex, 16));
    else bytes.push(...new TextEncoder().encode(part.length === 2 && part[0] === "\\" ? part[1] : part));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
