import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { pipelineRequestSchema } from "../../src/pipeline/request.ts";
import { runPipeline } from "../../src/pipeline/run_pipeline.ts";
import { loadSpecs } from "../../src/spec/load_spec.ts";
import { makeTar } from "../collect/kinds/cluster/tar_maker.ts";
import { podList, startExecServer } from "../kube/exec_server.ts";
import { secretsOf } from "../secrets.ts";

const SPEC = `
apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: {name: test}
spec:
  collectors:
    - copy: {name: dump, selector: [app=web], namespace: apps, containerPath: /tmp/dump}
    - exec: {name: make, selector: [app=web], namespace: apps, command: [make-dump]}
`;

Deno.test("runPipeline() copies files out of pods when all other collectors have ended", async () => {
  let made = false;
  await using server = startExecServer(async (exec) => {
    if (exec.command[0] === "make-dump") {
      await new Promise((resolve) => setTimeout(resolve, 100)); // long enough to be overtaken
      made = true;
      return exec.exit(0);
    }
    await exec.stdout(await makeTar(made ? [{ name: "dump", body: "the dump\n" }] : []));
    exec.exit(0);
  }, (_, path) => path.endsWith("/pods") ? podList([{ name: "web-0" }]) : Response.json({ metadata: {}, items: [] }));
  const folder = await Deno.makeTempDir();
  try {
    const archivePath = join(folder, "out.tar.gz");
    const spec = await loadSpecs({ sources: ["-"], cwd: "/", stdin: () => Promise.resolve(SPEC) });
    const request = pipelineRequestSchema.parse({
      specs: ["-"],
      archivePath,
      rootName: "out",
      workParent: join(folder, "work"),
      kube: { server: server.server },
    });
    const never = new AbortController().signal;
    await runPipeline(request, spec, {
      clock: systemClock,
      env: {},
      secret: secretsOf(),
      stop: never,
      abort: never,
      emit: () => {},
    });
    const { success } = new Deno.Command("tar", { args: ["xzf", archivePath, "-C", folder] }).outputSync();
    ok(success);
    strictEqual(await Deno.readTextFile(join(folder, "out/dump/apps/web-0/tmp/dump")), "the dump\n");
    deepStrictEqual(server.commands, ["make-dump", "tar -C /tmp -cf - dump"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
