import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { ceph, CEPH_COMMANDS } from "../../../../src/collect/kinds/cluster/ceph.ts";
import { podList, type ServedExec, startExecServer } from "../../../kube/exec_server.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { collectAll, type Collection } from "../../collect_all.ts";

interface Given {
  run?: (exec: ServedExec) => Promise<void> | void;
  /** Pods by the label selector that finds them. */
  pods?: Record<string, Parameters<typeof podList>[0]>;
  clock?: ManualClock;
}

const toolbox = {
  "app=rook-ceph-tools": [{ name: "tools-1", namespace: "rook-ceph", containers: ["toolbox", "side"] }],
};

async function collect(config: object, { run = echo, pods = toolbox, clock }: Given = {}): Promise<
  Collection & { commands: string[]; lists: string[]; targets: Set<string> }
> {
  const lists: string[] = [];
  const targets = new Set<string>();
  await using server = startExecServer((exec) => {
    targets.add(`${exec.namespace}/${exec.pod}/${exec.container}`);
    return run(exec);
  }, (request, path) => {
    const selector = new URL(request.url).searchParams.get("labelSelector")!;
    lists.push(`${path} ${selector}`);
    return podList(pods[selector as keyof typeof pods] ?? []);
  });
  const kube = server.connect();
  try {
    const collection = await collectAll(ceph, config, { kube, ...(clock && { clock }) });
    return { ...collection, commands: server.commands, lists, targets };
  } finally {
    kube.close();
  }
}

async function echo(exec: ServedExec): Promise<void> {
  await exec.stdout(exec.command.join(" "));
  exec.exit(0);
}

const files: [path: string, command: string][] = [
  ["status.json", "ceph status -f json-pretty"],
  ["status-txt.txt", "ceph status"],
  ["fs.json", "ceph fs status -f json-pretty"],
  ["fs-txt.txt", "ceph fs status"],
  ["fs-ls.json", "ceph fs ls -f json-pretty"],
  ["osd-status.json", "ceph osd status -f json-pretty"],
  ["osd-tree.json", "ceph osd tree -f json-pretty"],
  ["osd-pool.json", "ceph osd pool ls detail -f json-pretty"],
  ["health.json", "ceph health detail -f json-pretty"],
  ["auth.json", "ceph auth ls -f json-pretty"],
  ["rgw-stats.json", "radosgw-admin bucket stats --rgw-cache-enabled=false"],
  ["rbd-du-txt.txt", "rbd du --pool=replicapool"],
  ["df.json", "ceph df -f json-pretty"],
  ["df-txt.txt", "ceph df"],
  ["osd-df.json", "ceph osd df -f json-pretty"],
  ["osd-df-txt.txt", "ceph osd df"],
];

Deno.test("ceph runs each command in the toolbox, and names its file", async () => {
  const { files: found, missing, targets, lists, entries } = await collect({});
  deepStrictEqual(found, Object.fromEntries(files.map(([path, command]) => [`ceph/${path}`, command])));
  deepStrictEqual(missing, []);
  deepStrictEqual([...targets], ["rook-ceph/tools-1/toolbox"]);
  deepStrictEqual(lists, ["/api/v1/namespaces/rook-ceph/pods app=rook-ceph-tools"]);
  ok(entries[0]?.type === "file");
  strictEqual(entries[0].source, "exec rook-ceph/tools-1/toolbox ceph status -f json-pretty");
});

const prefixes: [config: object, prefix: string][] = [
  [{ collectorName: "c" }, "c/ceph"],
  [{ namespace: "storage" }, "storage/ceph"],
  [{ collectorName: "c", namespace: "storage" }, "c/storage/ceph"],
  [{ namespace: "rook-ceph" }, "ceph"],
];
for (const [config, prefix] of prefixes) {
  Deno.test(`ceph writes below ${prefix} for ${JSON.stringify(config)}`, async () => {
    const { files } = await collect(config);
    ok(
      Object.keys(files).every((path) =>
        path.startsWith(`${prefix}/`) && path.split("/").length === prefix.split("/").length + 1
      ),
    );
    ok(`${prefix}/status.json` in files);
  });
}

Deno.test("ceph takes the operator where there is no toolbox, and a pod that runs before others", async () => {
  const pods = {
    "app=rook-ceph-operator": [{ name: "old", phase: "Failed" }, { name: "operator-1", containers: ["operator"] }],
  };
  const { targets, files } = await collect({}, { pods });
  deepStrictEqual([...targets], ["rook-ceph/operator-1/operator"]);
  strictEqual(Object.keys(files).length, CEPH_COMMANDS.length);
});

Deno.test("ceph says when Rook is not installed", async () => {
  const { files, missing, commands } = await collect({ collectorName: "c" }, { pods: {} });
  deepStrictEqual([files, commands], [{}, []]);
  deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [["ceph/c", "not-installed"]]);
});

Deno.test("ceph keeps the output of a command that fails, its complaints and its exit code", async () => {
  const { files, missing } = await collect({}, {
    async run(exec) {
      if (exec.command.join(" ") !== "ceph df") return await echo(exec);
      await exec.stdout("half");
      exec.stderr("no quorum");
      exec.exit(2);
    },
  });
  deepStrictEqual([files["ceph/df-txt.txt"], files["ceph/df-txt-stderr.txt"]], ["half", "no quorum"]);
  match(JSON.parse(files["ceph/df-txt-errors.json"]!)[0], /exit status 2/);
  deepStrictEqual(missing, []);
});

Deno.test("ceph tells of a command that gave nothing, and goes on", async () => {
  const { files, missing } = await collect({}, {
    run(exec) {
      if (exec.command[0] === "radosgw-admin") return exec.breakOff();
      if (exec.command[0] === "rbd") return exec.exit(1);
      return echo(exec);
    },
  });
  deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [
    ["ceph/rgw-stats.json", "failed"],
    ["ceph/rbd-du-txt.txt", "failed"],
  ]);
  match(files["ceph/rgw-stats.json-error"] ?? "", /broke/);
});

Deno.test("ceph gives each command its time", async () => {
  const clock = new ManualClock();
  let hanging = 0;
  let ended = 0;
  const collecting = collect({}, {
    clock,
    run(exec) {
      exec.gone.addEventListener("abort", () => ended++);
      if (exec.command[1] !== "df" && exec.command[0] !== "rbd") return echo(exec);
      hanging++;
    },
  });
  const until = async (reached: () => boolean) => {
    while (!reached()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await until(() => hanging === 3 && ended === 12); // the last command waits for its turn
  await clock.advance(30_000); // rbd du has a minute
  await until(() => ended === 14);
  await clock.advance(30_000);
  const { files, missing } = await collecting;
  match(files["ceph/df.json-error"]!, /^timeout: "ceph df -f json-pretty" did not end within 30 s$/);
  match(files["ceph/rbd-du-txt.txt-error"]!, /^timeout: "rbd du --pool=replicapool" did not end within 60 s$/);
  deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [
    ["ceph/rbd-du-txt.txt", "timed-out"],
    ["ceph/df.json", "timed-out"],
    ["ceph/df-txt.txt", "timed-out"],
  ]);
  strictEqual(Object.keys(files).length, CEPH_COMMANDS.length);
});

Deno.test("ceph takes the time of the spec for each command", async () => {
  const clock = new ManualClock();
  let hanging = 0;
  const collecting = collect({ timeout: "5s" }, {
    clock,
    run: (exec) => exec.command[0] === "rbd" ? void hanging++ : echo(exec),
  });
  while (hanging === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await clock.advance(5_000);
  const { files } = await collecting;
  match(files["ceph/rbd-du-txt.txt-error"]!, /within 5 s$/);
  await rejects(collect({ timeout: "soon" }), { code: "SPEC_VALUE" });
});
