import { deepStrictEqual, match, strictEqual, throws } from "node:assert/strict";
import {
  distribution,
  queryPackages,
  systemPackages,
  wantedPackages,
} from "../../../../src/collect/kinds/host/system_packages.ts";
import { collectAll } from "../../collect_all.ts";

const distributions = [
  ["Ubuntu", 'ID=ubuntu\nVERSION_ID="20.04"\n', "", "ubuntu", "20.04"],
  ["CentOS Stream 9", 'ID="centos"\nVERSION_ID="9"\n', "CentOS Stream release 9\n", "centos", "9"],
  ["Oracle Linux", 'ID="ol"\nVERSION_ID="8.9"\n', "", "ol", "8.9"],
  ["old Amazon Linux, which has no os-release", "", "Amazon Linux AMI release 2018.03\n", "amzn", "2018.03"],
] as const;
for (const [name, osRelease, systemRelease, os, osVersion] of distributions) {
  Deno.test(`distribution() names ${name}`, () =>
    deepStrictEqual(distribution(osRelease, systemRelease), { os, osVersion }));
}
Deno.test("distribution() knows no list for others", () =>
  throws(() => distribution("ID=debian\nVERSION_ID=12\n", ""), { code: "NOT_SUPPORTED", message: /"debian"/ }));

const wanted = [
  ["the distribution's list, and its major version's", "ubuntu", "20.04", ["u", "u20"]],
  ["not another version's", "ubuntu", "22.04", ["u"]],
  ["that of CentOS 9, not of 8", "centos", "9", ["c9"]],
  ["that of CentOS 8", "centos", "8.5.2111", ["c8"]],
  ["nothing when nothing is asked for", "rhel", "9.4", []],
] as const;
const lists = { ubuntu: ["u"], ubuntu20: ["u20"], centos8: ["c8"], centos9: ["c9"] };
for (const [name, os, version, expect] of wanted) {
  Deno.test(`wantedPackages() takes ${name}`, () => deepStrictEqual(wantedPackages(lists, os, version), expect));
}

const hasDpkg = await new Deno.Command("dpkg", { args: ["--version"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);
Deno.test({
  name: "queryPackages() has what dpkg says of a package that is installed, and of one that is not",
  ignore: !hasDpkg,
  async fn() {
    const signal = new AbortController().signal;
    const [dpkg, none, option] = await queryPackages("ubuntu", ["dpkg", "no-such-package", "--version"], signal);
    match(dpkg!.details, /^Package: dpkg\nEssential: yes\nStatus: install ok installed\n/);
    deepStrictEqual([dpkg!.exitCode, "error" in dpkg!], ["0", false]);
    deepStrictEqual([none!.details, none!.exitCode], ["", "1"]);
    match(none!.error!, /'no-such-package' is not installed/);
    strictEqual(option!.exitCode === "0", false); // a name, not an option
  },
});

Deno.test({
  name: "systemPackages either has a file or says for which distribution there is no list",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const result = await collectAll(systemPackages, { collectorName: "tools" }).catch((error) => error);
    if (result instanceof Error) return strictEqual((result as Error & { code: string }).code, "NOT_SUPPORTED");
    match(
      result.files["host-collectors/system/tools-packages.json"],
      /^\{"os":"\w+","osVersion":"[\d.]+","packages":null\}$/,
    );
  },
});
