import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { blockDevices, parseLsblk } from "../../../../src/collect/kinds/host/block_devices.ts";
import { collectAll } from "../../collect_all.ts";

const none = {
  name: "",
  kernel_name: "",
  parent_kernel_name: "",
  type: "",
  major: 0,
  minor: 0,
  size: 0,
  filesystem_type: "",
  mountpoint: "",
  serial: "",
  read_only: false,
  removable: false,
};

const behaviour = [
  [
    "a disk and its partition (util-linux 2.38)",
    'NAME="sda" KNAME="sda" PKNAME="" TYPE="disk" MAJ:MIN="8:0" SIZE="107374182400" FSTYPE="" MOUNTPOINT="" SERIAL="S3Z9" RO="0" RM="0"\n' +
    'NAME="sda1" KNAME="sda1" PKNAME="sda" TYPE="part" MAJ:MIN="8:1" SIZE="107373133824" FSTYPE="ext4" MOUNTPOINT="/" SERIAL="" RO="0" RM="0"\n',
    [
      {
        ...none,
        name: "sda",
        kernel_name: "sda",
        type: "disk",
        major: 8,
        size: 107_374_182_400,
        serial: "S3Z9",
      },
      {
        ...none,
        name: "sda1",
        kernel_name: "sda1",
        parent_kernel_name: "sda",
        type: "part",
        major: 8,
        minor: 1,
        size: 107_373_133_824,
        filesystem_type: "ext4",
        mountpoint: "/",
      },
    ],
  ],
  [
    "MAJ_MIN, as versions from 2.37 on may spell it",
    'NAME="sr0" KNAME="sr0" PKNAME="" TYPE="rom" MAJ_MIN="11:0" SIZE="1073741312" FSTYPE="iso9660" MOUNTPOINT="/media/a" SERIAL="" RO="1" RM="1"\n',
    [{
      ...none,
      name: "sr0",
      kernel_name: "sr0",
      type: "rom",
      major: 11,
      size: 1_073_741_312,
      filesystem_type: "iso9660",
      mountpoint: "/media/a",
      read_only: true,
      removable: true,
    }],
  ],
  [
    "padded numbers (util-linux 2.23, CentOS 7)",
    'NAME="centos-root" KNAME="dm-0" PKNAME="sda2" TYPE="lvm" MAJ:MIN="253:0  " SIZE="  53687091200" FSTYPE="xfs" MOUNTPOINT="/" SERIAL="" RO="0" RM="0"\n',
    [{
      ...none,
      name: "centos-root",
      kernel_name: "dm-0",
      parent_kernel_name: "sda2",
      type: "lvm",
      major: 253,
      size: 53_687_091_200,
      filesystem_type: "xfs",
      mountpoint: "/",
    }],
  ],
  [
    "escaped bytes, quotes and spaces in a mount point",
    String.raw`NAME="sdb" KNAME="sdb" MOUNTPOINT="/mnt/my\x20\x22disk\x22 \xc3\xa9" RO="0" RM="1"`,
    [{ ...none, name: "sdb", kernel_name: "sdb", mountpoint: '/mnt/my "disk" é', removable: true }],
  ],
  [
    "what follows a field that does not fit",
    'NAME="sdc" MAJ:MIN="" SIZE="" FSTYPE="xfs" MOUNTPOINT="/data" RM="0"',
    [{ ...none, name: "sdc", filesystem_type: "xfs", mountpoint: "/data" }],
  ],
  ["nothing", "\n", []],
] as const;
for (const [name, text, expect] of behaviour) {
  Deno.test(`parseLsblk() reads ${name}`, () => deepStrictEqual(parseLsblk(text), expect));
}

Deno.test("parseLsblk() does not make a device of a line that is none", () => {
  throws(() => parseLsblk("lsblk: unknown column\n"), { code: "HOST_OUTPUT" });
});

const hasLsblk = await new Deno.Command("lsblk", { args: ["-V"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);
Deno.test({
  name: "blockDevices lists what lsblk lists on this machine",
  ignore: !hasLsblk || Deno.build.os !== "linux",
  async fn() {
    const { files } = await collectAll(blockDevices);
    const devices = JSON.parse(files["host-collectors/system/block_devices.json"]!);
    const { stdout } = await new Deno.Command("lsblk", { args: ["-nr", "-o", "KNAME"] }).output();
    const names = new TextDecoder().decode(stdout).trim().split("\n").filter((name) => name !== "");
    deepStrictEqual(new Set(devices.map((device: typeof none) => device.kernel_name)), new Set(names));
    ok(!files["host-collectors/system/block_devices.json"]!.includes("\n"));
  },
});
