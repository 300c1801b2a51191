import { deepStrictEqual } from "node:assert/strict";
import { killLiving, livingProcesses } from "../crash/living_processes.ts";
import { pidFrom, until } from "../daemon/until.ts";
import { BINARY, Sandbox } from "./program.ts";

const spec = (pidFile: string) =>
  `apiVersion: troubleshoot.sh/v1beta2
kind: HostCollector
metadata:
  name: host
spec:
  collectors:
    - run:
        collectorName: waits
        command: sh
        args: ["-c", "echo $$ > ${pidFile}; exec sleep 300"]
`;

Deno.test({
  name: "a daemon that is killed, and never comes back, is not outlived by what it has started",
  ignore: BINARY === undefined || Deno.build.os !== "linux",
  async fn() {
    await using box = await Sandbox.create();
    const mark = crypto.randomUUID();
    const options = { env: { CRASH_MARK: mark } };
    const path = await box.write("spec.yaml", spec(box.path("command")));
    await box.run(["schedule", "create", "waits", "--every", "10h", "-s", path], options);
    const ports = ["--metrics-port", "0", "--health-port", "0"];
    const daemon = box.spawn(["schedule", "daemon", "start", "--foreground", ...ports], options);
    try {
      await until("a daemon", async () => (await box.run(["schedule", "run", "waits"])).code === 0);
      const command = await pidFrom(box.path("command"));
      const pids = (await livingProcesses(mark)).map(({ pid }) => pid);
      deepStrictEqual([pids.includes(daemon.pid), pids.includes(command), pids.length], [true, true, 3]);
      daemon.kill("SIGKILL");
      await until("nobody to be left", async () => (await livingProcesses(mark)).length === 0);
    } finally {
      await killLiving(mark);
      await daemon.output();
    }
    const left = [...Deno.readDirSync(`${box.state}/work`)].flatMap(({ name }) =>
      [...Deno.readDirSync(`${box.state}/work/${name}`)].map((entry) => entry.name)
    );
    deepStrictEqual(left, [], "nothing was left in its work folder");
  },
});
