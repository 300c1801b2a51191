import { deepStrictEqual } from "node:assert/strict";
import { DNS_SCRIPT, readDnsReport } from "../../../../src/collect/kinds/cluster/dns_script.ts";

const report = (...answers: string[]) =>
  `=== /etc/resolv.conf\nnameserver 10.0.0.10\noptions ndots:5\n=== dig kubernetes\n${answers.join("")}=== end\n`;
const resolvConf = "nameserver 10.0.0.10\noptions ndots:5";

const behaviour: [string, string, unknown][] = [
  ["reads all sections", report("10.0.0.1\n", "=== dig *\n", "1.2.3.4\n"), {
    resolvConf,
    kubernetes: "10.0.0.1",
    nonResolvable: "1.2.3.4",
  }],
  ["takes the last line of an answer", report("svc.\n", "10.0.0.1\n", "=== dig *\n"), {
    resolvConf,
    kubernetes: "10.0.0.1",
    nonResolvable: "",
  }],
  ["takes no remark of dig for an address", report("=== dig *\n", ";; connection timed out\n"), {
    resolvConf,
    kubernetes: "",
    nonResolvable: "",
  }],
  ["reads what a pod printed before it was cut short", "=== /etc/resolv.conf\nnameserver 10.0.0.10\noptions ndots:5", {
    resolvConf,
    kubernetes: "",
    nonResolvable: "",
  }],
  ["reads nothing", "", { resolvConf: "", kubernetes: "", nonResolvable: "" }],
];
for (const [name, text, expected] of behaviour) {
  Deno.test(`readDnsReport() ${name}`, () => deepStrictEqual(readDnsReport(text), expected));
}

Deno.test({
  name: "DNS_SCRIPT run by sh gives a report that can be read, and passes any name to dig as it is",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      // In the place of dig: says what it was asked.
      await Deno.writeTextFile(`${folder}/dig`, '#!/bin/sh\necho "$#:$*"\n', { mode: 0o755 });
      const name = '*; $(touch x) "y"';
      const { stdout } = await new Deno.Command("sh", {
        args: ["-c", DNS_SCRIPT, "sh", name],
        cwd: folder,
        env: { PATH: `${folder}:${Deno.env.get("PATH")}` },
      }).output();
      const { resolvConf, ...answers } = readDnsReport(new TextDecoder().decode(stdout));
      deepStrictEqual(answers, {
        kubernetes: "4:+search +short -q kubernetes",
        nonResolvable: `4:+search +short -q ${name}`,
      });
      deepStrictEqual(resolvConf, (await Deno.readTextFile("/etc/resolv.conf").catch(() => "")).trimEnd());
      deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["dig"]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
