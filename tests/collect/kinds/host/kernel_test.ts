import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Entry } from "../../../../src/bundle/entry.ts";
import { readKernelConfig } from "../../../../src/collect/kinds/host/kernel_config_file.ts";
import { kernelConfigs, parseKernelConfig } from "../../../../src/collect/kinds/host/kernel_configs.ts";
import {
  kernelModuleFiles,
  kernelModules,
  mergeModules,
  moduleName,
  parseProcModules,
} from "../../../../src/collect/kinds/host/kernel_modules.ts";
import { collectAll } from "../../collect_all.ts";

const signal = new AbortController().signal;
const linux = Deno.build.os === "linux";

async function withRoot(files: Record<string, string | Uint8Array>, test: (root: string) => Promise<void>) {
  const root = await Deno.makeTempDir({ prefix: "kernel-" });
  try {
    for (const [path, content] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(root, path)), { recursive: true });
      if (typeof content === "string") await Deno.writeTextFile(join(root, path), content);
      else await Deno.writeFile(join(root, path), content);
    }
    await test(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const names = [
  ["kernel/fs/ext4/ext4.ko", "ext4"],
  ["kernel/fs/xfs/xfs.ko.xz", "xfs"],
  ["nf_tables.ko.zst", "nf_tables"],
  ["dm-mod.ko.gz", "dm-mod"],
  ["modules.dep", undefined],
  ["ext4.ko.sig", undefined],
] as const;
for (const [file, expect] of names) {
  Deno.test(`moduleName() of ${file} is ${expect}`, () => strictEqual(moduleName(file), expect));
}

const loaded = { size: 16384, instances: 2, status: "loaded" } as const;

Deno.test("parseProcModules() reads the states of modules", () => {
  const text = "nf_tables 16384 2 nft_compat,nft_ct, Live 0xffffffffc0a00000\n" +
    "floppy 135168 0 - Loading 0x0000000000000000\n" +
    "pcspkr 4096 0 - Unloading 0x0 (O+)\nodd 1 0 - Strange 0x0\n";
  deepStrictEqual([...parseProcModules(text)], [
    ["nf_tables", loaded],
    ["floppy", { size: 135168, instances: 0, status: "loading" }],
    ["pcspkr", { size: 4096, instances: 0, status: "unloading" }],
    ["odd", { size: 1, instances: 0, status: "unknown" }],
  ]);
});

const loadable = { size: 0, instances: 0, status: "loadable" } as const;
const builtIn = { size: 0, instances: 0, status: "loaded" } as const;
const merges = [
  ["a compressed file by its module's name", { files: ["xfs.ko.xz"] }, { xfs: loadable }],
  ["what is loaded before its file", { files: ["nf_tables.ko"], loaded: new Map([["nf_tables", loaded]]) }, {
    nf_tables: loaded,
  }],
  ["what is built in as loaded", { builtin: ["kernel/fs/ext4/ext4.ko"] }, { ext4: builtIn }],
  ["nothing known again as built in", { files: ["a.ko"], builtin: ["k/a.ko"] }, { a: loadable }],
  ["both spellings of a name", { files: ["dm-mod.ko"], loaded: new Map([["dm_mod", loaded]]) }, {
    "dm-mod": loaded,
    dm_mod: loaded,
  }],
] as const;
for (const [name, input, expect] of merges) {
  Deno.test(`mergeModules() has ${name}`, () =>
    deepStrictEqual(mergeModules({ files: [], loaded: new Map(), builtin: [], ...input }), { ...expect }));
}

async function moduleEntries(root: string): Promise<Record<string, string>> {
  const entries: Entry[] = await Array.fromAsync(kernelModuleFiles(root, "6.1.0", signal));
  return Object.fromEntries(entries.map((entry) => {
    ok(entry.type === "file");
    return [entry.path, new TextDecoder().decode(entry.bytes)];
  }));
}

const PATH = "host-collectors/system/kernel_modules";
for (const parent of ["lib/modules", "usr/lib/modules"]) {
  Deno.test(`kernelModules reads the files below ${parent}`, () =>
    withRoot({
      "proc/modules": "nf_tables 16384 2 - Live 0x0\n",
      [`${parent}/6.1.0/kernel/net/nf_tables.ko.xz`]: "x",
      [`${parent}/6.1.0/kernel/fs/xfs.ko.zst`]: "x",
      [`${parent}/6.1.0/modules.builtin`]: "kernel/fs/ext4/ext4.ko\n",
      [`${parent}/5.0.0/kernel/fs/other.ko`]: "x",
    }, async (root) => {
      deepStrictEqual(await moduleEntries(root), {
        [`${PATH}.json`]: JSON.stringify({ nf_tables: loaded, xfs: loadable, ext4: builtIn }),
      });
    }));
}

Deno.test({
  name: "kernelModules says which folders it could not read",
  ignore: !linux || Deno.uid() === 0, // root reads everything
  fn: () =>
    withRoot({ "proc/modules": "", "lib/modules/6.1.0/secret/a.ko": "x" }, async (root) => {
      await Deno.chmod(join(root, "lib/modules/6.1.0/secret"), 0);
      match((await moduleEntries(root))[`${PATH}-stderr.txt`]!, /lib\/modules\/6\.1\.0\/secret: .*EACCES/);
      await Deno.chmod(join(root, "lib/modules/6.1.0/secret"), 0o700);
    }),
});

Deno.test("kernelModules has modules that are loaded without any file, and fails without the kernel's list", async () => {
  await withRoot({ "proc/modules": "nf_tables 16384 2 - Live 0x0\n" }, async (root) => {
    deepStrictEqual(await moduleEntries(root), { [`${PATH}.json`]: JSON.stringify({ nf_tables: loaded }) });
  });
  await withRoot({}, (root) => rejects(moduleEntries(root), { code: "HOST_FILE" }));
});

Deno.test({
  name: "kernelModules tells those of this machine",
  ignore: !existsSync("/proc/modules"),
  async fn() {
    const { files } = await collectAll(kernelModules);
    strictEqual(typeof JSON.parse(files[`${PATH}.json`]!), "object");
  },
});

Deno.test("parseKernelConfig() keeps y, m and n alone", () => {
  const text =
    '# Linux\nCONFIG_A=y\nCONFIG_B=m\nCONFIG_C=n\nCONFIG_HZ=250\nCONFIG_S="y"\n# CONFIG_D is not set\n CONFIG_E=y\n';
  deepStrictEqual(parseKernelConfig(text), { CONFIG_A: "y", CONFIG_B: "m", CONFIG_C: "n" });
});

const gzip = async (text: string) =>
  await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
const configs: [string, Record<string, string | Uint8Array>, string | undefined][] = [
  [
    "the running kernel's own",
    { "proc/config.gz": await gzip("CONFIG_A=y\n"), "boot/config-6.1.0": "no" },
    "CONFIG_A=y\n",
  ],
  ["that of its release in /boot", { "boot/config-6.1.0": "B", "boot/config-5.0.0": "no" }, "B"],
  ["that of an ostree system", { "usr/lib/ostree-boot/config-6.1.0": "C" }, "C"],
  ["that in the folder of its build", { "lib/modules/6.1.0/build/.config": "D" }, "D"],
  [
    "the next one when one is broken",
    { "proc/config.gz": new Uint8Array([0x1f, 0x8b, 0]), "boot/config-6.1.0": "E" },
    "E",
  ],
  ["none where there is none", {}, undefined],
];
for (const [name, files, expect] of configs) {
  Deno.test(`readKernelConfig() finds ${name}`, () =>
    withRoot(files, async (root) => strictEqual((await readKernelConfig(root, "6.1.0"))?.text, expect)));
}

Deno.test({
  name: "kernelConfigs tells that of this machine",
  ignore: !existsSync("/proc/config.gz"),
  async fn() {
    const { files } = await collectAll(kernelConfigs);
    const config = JSON.parse(files["host-collectors/system/kernel-configs.json"]!);
    ok(Object.keys(config).length > 100);
    ok(Object.values(config).every((value) => ["y", "m", "n"].includes(value as string)));
  },
});
