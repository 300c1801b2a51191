import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import { journalctlArgs, journald, type JournalQuery } from "../../../../src/collect/kinds/host/journald.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { collectAll } from "../../collect_all.ts";

const linux = Deno.build.os === "linux";

const query = (more: Partial<JournalQuery>): JournalQuery => ({
  system: false,
  dmesg: false,
  reverse: false,
  utc: false,
  units: [],
  since: "",
  until: "",
  output: "",
  lines: 0,
  ...more,
});
const behaviour = [
  ["no pager at all", {}, []],
  ["flags", { system: true, dmesg: true, reverse: true, utc: true }, ["--system", "--dmesg", "--reverse", "--utc"]],
  ["each unit", { units: ["kubelet", "containerd"] }, ["--unit=kubelet", "--unit=containerd"]],
  ["a time with a space", { since: "2026-01-31 12:00", until: "now" }, ["--since=2026-01-31 12:00", "--until=now"]],
  ["a time that begins like an option", { since: "-1h" }, ["--since=-1h"]],
  ["a format and a number of lines", { output: "json", lines: 5 }, ["--output=json", "--lines=5"]],
] as const;
for (const [name, more, expect] of behaviour) {
  Deno.test(`journalctlArgs() asks for ${name}`, () => {
    deepStrictEqual(journalctlArgs(query(structuredClone(more) as Partial<JournalQuery>)), ["--no-pager", ...expect]);
  });
}

Deno.test("journald needs a name for its files", () => {
  throws(() => journald.schema.parse({}));
  throws(() => journald.schema.parse({ collectorName: "" }));
});

/** A journalctl that is a script, first in the PATH. */
async function withJournalctl(script: string, test: (env: Record<string, string>, folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "journalctl-" });
  try {
    await Deno.writeTextFile(join(folder, "journalctl"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await test({ PATH: `${folder}:${Deno.env.get("PATH")}` }, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const base = "host-collectors/journald/kubelet";

Deno.test({
  name: "journald writes messages, errors, and how journalctl ended",
  ignore: !linux,
  fn: () =>
    withJournalctl('echo "$@"; echo "no journal files" >&2; exit 1', async (env) => {
      const { files } = await collectAll(journald, { collectorName: "kubelet", units: ["kubelet"] }, { env });
      strictEqual(files[`${base}.txt`], "--no-pager --unit=kubelet\n");
      strictEqual(files[`${base}-stderr.txt`], "no journal files\n");
      const info = JSON.parse(files[`${base}-info.json`]!);
      match(info.command, /\/journalctl --no-pager --unit=kubelet$/);
      deepStrictEqual({ ...info, command: "" }, {
        command: "",
        exitCode: "1",
        error: "no journal files\n",
        outputDir: "",
        input: "",
        env: null,
      });
    }),
});

Deno.test({
  name: "journald ends a journalctl that goes on for ever, after 30 seconds, and keeps what it wrote",
  ignore: !linux,
  fn: () =>
    withJournalctl('echo first; touch "${0%/*}/up"; sleep 60', async (env, folder) => {
      const clock = new ManualClock();
      const turned = clock.untilSleeping().then(async () => {
        strictEqual(clock.nextWake!.getTime() - clock.now().getTime(), 30_000);
        const up = () => Deno.stat(join(folder, "up")).then(() => true, () => false);
        while (!await up()) await new Promise((resolve) => setTimeout(resolve, 5));
        await clock.advance(30_000);
      });
      const { files } = await collectAll(journald, { collectorName: "kubelet" }, { env, clock });
      await turned;
      strictEqual(files[`${base}.txt`], "first\n");
      const info = JSON.parse(files[`${base}-info.json`]!);
      deepStrictEqual([info.exitCode, info.error], ["-1", "killed: it did not end within 30s"]);
    }),
});

const real = linux && await new Deno.Command("journalctl", { args: ["-n1"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);
Deno.test({
  name: "journald reads the journal of this machine",
  ignore: !real,
  async fn() {
    const { files } = await collectAll(journald, { collectorName: "kubelet", lines: 2, output: "json" });
    for (const line of files[`${base}.txt`]!.trim().split("\n")) ok("MESSAGE" in JSON.parse(line));
    strictEqual(JSON.parse(files[`${base}-info.json`]!).exitCode, "0");
  },
});

Deno.test({
  name: "journald says that there is no journalctl",
  ignore: !linux || real,
  fn: () => rejects(collectAll(journald, { collectorName: "kubelet" }), { code: "COMMAND_NOT_FOUND" }),
});
