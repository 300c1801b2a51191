import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { selfCommand } from "../../src/core/self.ts";
import { killLiving, livingProcesses } from "../crash/living_processes.ts";
import { pidFrom, until } from "../daemon/until.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/daemon/${name}`, import.meta.url));
const DENO = ["run", "--quiet", "--no-prompt", "--allow-all"];
const self = selfCommand();

const SPEC = (work: string) =>
  `apiVersion: troubleshoot.sh/v1beta2
kind: HostCollector
metadata:
  name: host
spec:
  collectors:
    - run:
        collectorName: waits
        command: sh
        args: ["-c", "echo $$ > ${work}/command; exec sleep 300"]
`;

const behaviour: [name: string, command: string[]][] = [
  ["that waits for a command ends, and so does the command", [self.command, ...self.args, "attempt"]],
  ["that is busy and never listens is killed, with its command", [
    Deno.execPath(),
    ...DENO,
    fixture("busy_attempt.ts"),
  ]],
];

for (const [name, command] of behaviour) {
  Deno.test({
    name: `an attempt whose daemon was killed, ${name}`,
    ignore: Deno.build.os !== "linux", // elsewhere what is left is not found
    async fn() {
      const work = await Deno.makeTempDir({ prefix: "sb-orphan-" });
      const execution = crypto.randomUUID();
      try {
        const spec = join(work, "spec.yaml");
        await Deno.writeTextFile(spec, SPEC(work));
        const daemon = new Deno.Command(Deno.execPath(), {
          args: [...DENO, fixture("abandoning_parent.ts"), execution, work, spec, ...command],
          env: { CRASH_MARK: execution },
          stdin: "null",
        }).spawn();
        await pidFrom(join(work, "command"));
        daemon.kill("SIGKILL");
        await daemon.status;
        await until("nothing of it to be left", async () => (await livingProcesses(execution)).length === 0);
        const left = [...Deno.readDirSync(work)].map((entry) => entry.name).filter((name) => name.startsWith("bundle"));
        if (command.includes("attempt")) deepStrictEqual(left, [], "it has cleaned up");
      } finally {
        await killLiving(execution);
        await Deno.remove(work, { recursive: true });
      }
    },
  });
}
