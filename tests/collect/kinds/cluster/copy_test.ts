import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { copy } from "../../../../src/collect/kinds/cluster/copy.ts";
import type { KubeClient } from "../../../../src/kube/kube_client.ts";
import { podList, type ServedExec, startExecServer } from "../../../kube/exec_server.ts";
import { clusterCase } from "../../cluster_case.ts";
import { collectAll, type Collection } from "../../collect_all.ts";
import { makeTar } from "./tar_maker.ts";

const config = { name: "copied", selector: ["app=web"], namespace: "apps", containerPath: "/var/log/app" };
const tar = await makeTar([
  { name: "app/", type: "directory" },
  { name: "app/a.log", body: "line 1\n" },
  { name: "app/sub/b.log", body: "line 2\n" },
]);

async function send(exec: ServedExec, bytes: Uint8Array, code = 0): Promise<void> {
  for (let at = 0; at < bytes.length; at += 30_000) await exec.stdout(bytes.slice(at, at + 30_000));
  exec.exit(code);
}

/** Runs the collector against pods that answer as told. */
async function collect(
  run: (exec: ServedExec) => Promise<void> | void,
  more: Record<string, unknown> = {},
  pods = [{ name: "web-0" }],
): Promise<Collection & { commands: string[]; queries: string[] }> {
  const queries: string[] = [];
  await using server = startExecServer(run, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    queries.push(`${pathname} ${searchParams.get("labelSelector")}`);
    return podList(pods);
  });
  const kube = server.connect();
  try {
    return { ...await collectAll(copy, { ...config, ...more }, { kube }), commands: server.commands, queries };
  } finally {
    kube.close();
  }
}

const paths: [name: string, config: Record<string, unknown>, command: string, files: string[]][] = [
  ["reproduces the path below the pod", {}, "tar -C /var/log -cf - app", [
    "copied/apps/web-0/var/log/app/a.log",
    "copied/apps/web-0/var/log/app/sub/b.log",
  ]],
  ["puts a named container's files into a folder of its name", { containerName: "side" }, "tar -C /var/log -cf - app", [
    "copied/apps/web-0/side/var/log/app/a.log",
    "copied/apps/web-0/side/var/log/app/sub/b.log",
  ]],
  ["takes a path with a slash at its end", { containerPath: "/var/log//app/" }, "tar -C /var/log -cf - app", [
    "copied/apps/web-0/var/log/app/a.log",
    "copied/apps/web-0/var/log/app/sub/b.log",
  ]],
  ["takes a path without a folder", { containerPath: "app", name: "" }, "tar -C . -cf - app", [
    "apps/web-0/app/a.log",
    "apps/web-0/app/sub/b.log",
  ]],
  ["takes the root", { containerPath: "/" }, "tar -C / -cf - .", [
    "copied/apps/web-0/app/a.log",
    "copied/apps/web-0/app/sub/b.log",
  ]],
  [
    "keeps a path from being an option",
    { containerPath: "/tmp/--to-command=sh" },
    "tar -C /tmp -cf - ./--to-command=sh",
    [
      "copied/apps/web-0/tmp/app/a.log",
      "copied/apps/web-0/tmp/app/sub/b.log",
    ],
  ],
];
for (const [name, more, command, files] of paths) {
  Deno.test(`copy ${name}`, async () => {
    const collection = await collect((exec) => send(exec, tar), more);
    deepStrictEqual(Object.keys(collection.files), files);
    deepStrictEqual(collection.commands, [command]);
    deepStrictEqual(collection.missing, []);
  });
}

Deno.test("copy takes every pod of the selector, from its first container, with the source", async () => {
  const containers: string[] = [];
  const { entries, queries } = await collect(
    (exec) => {
      containers.push(exec.container);
      return send(exec, tar);
    },
    { namespace: "", selector: ["app=web", "tier!=db"] },
    [
      ...Array.from({ length: 5 }, (_, i) => ({ name: `web-${i}` })),
      { name: "web-0", namespace: "other", containers: ["first", "second"] },
    ] as { name: string }[],
  );
  deepStrictEqual(queries, ["/api/v1/pods app=web,tier!=db"]);
  deepStrictEqual(
    entries.map(({ path }) => path).filter((path) => path.endsWith("a.log")),
    [...Array.from({ length: 5 }, (_, i) => `apps/web-${i}`), "other/web-0"].map((p) =>
      `copied/${p}/var/log/app/a.log`
    ),
  );
  deepStrictEqual(containers.toSorted(), ["first", "main", "main", "main", "main", "main"]);
  ok(entries[0]?.type === "file");
  strictEqual(entries[0].source, "exec apps/web-0/main tar -C /var/log -cf - app");
});

const errorsFile = "copied/apps/web-0/var/log/app-errors.json";
const failures: [name: string, run: (exec: ServedExec) => void, files: string[], errors: unknown, reasons: string[]][] =
  [
    [
      "tells that tar is missing",
      (exec) => {
        exec.stderr("sh: tar: not found\n");
        exec.exit(127);
      },
      [],
      {
        "/var/log/app/error": "command terminated with non-zero exit code: exit status 127",
        "/var/log/app/stderr": "sh: tar: not found\n",
      },
      ["failed sh: tar: not found"],
    ],
    [
      "keeps what came before tar failed",
      async (exec) => {
        exec.stderr("tar: app/secret: Permission denied\n");
        await send(exec, tar, 2);
      },
      ["copied/apps/web-0/var/log/app/a.log", "copied/apps/web-0/var/log/app/sub/b.log"],
      {
        "/var/log/app/error": "command terminated with non-zero exit code: exit status 2",
        "/var/log/app/stderr": "tar: app/secret: Permission denied\n",
      },
      ["failed tar: app/secret: Permission denied"],
    ],
    [
      "takes a file that changed under the hands of tar for no failure",
      async (exec) => {
        exec.stderr("tar: app/a.log: file changed as we read it\n");
        await send(exec, tar, 1);
      },
      ["copied/apps/web-0/var/log/app/a.log", "copied/apps/web-0/var/log/app/sub/b.log"],
      {
        "/var/log/app/error": "command terminated with non-zero exit code: exit status 1",
        "/var/log/app/stderr": "tar: app/a.log: file changed as we read it\n",
      },
      [],
    ],
    [
      "keeps whole files of a connection that breaks",
      async (exec) => {
        await exec.stdout(tar.slice(0, 1600));
        exec.breakOff();
      },
      ["copied/apps/web-0/var/log/app/a.log"],
      {
        "/var/log/app/error": "The connection to the command broke before it ended (WebSocket close 1011 broken off)",
      },
      ["failed The connection to the command broke before it ended (WebSocket close 1011 broken off)"],
    ],
    [
      "refuses what is no archive",
      (exec) => send(exec, new TextEncoder().encode("Welcome to this container!\n".repeat(50))),
      [],
      { "/var/log/app/error": "Invalid tar number." },
      ["failed The archive cannot be read: Invalid tar number."],
    ],
  ];
for (const [name, run, files, errors, reasons] of failures) {
  Deno.test(`copy ${name}`, async () => {
    const collection = await collect(run);
    deepStrictEqual(Object.keys(collection.files), [...files, errorsFile]);
    deepStrictEqual(JSON.parse(collection.files[errorsFile]!), errors);
    deepStrictEqual(
      collection.missing.map(({ path, reason, message }) => `${path} ${reason} ${message}`),
      reasons.map((reason) => `copied/apps/web-0/var/log/app ${reason}`),
    );
  });
}

Deno.test("copy says when a path holds no files", async () => {
  const link = await makeTar([{ name: "app", type: "symlink", linkname: "/data" }]);
  const { files, missing } = await collect((exec) => send(exec, link));
  deepStrictEqual(files, {});
  deepStrictEqual(missing.map(({ path, reason, message }) => [path, reason, message]), [
    ["copied/apps/web-0/var/log/app", "empty", "There are no regular files, and 1 folders, links or special files"],
  ]);
});

Deno.test("copy lets nothing out of the pod's folder, and goes on", async () => {
  const hostile = await makeTar([
    { name: "../../../../other/apps/web-1/x", body: "x" },
    { name: "app/../../../../../x", body: "x" },
    { name: "/etc/passwd", body: "relative" },
    { name: "app/ok", body: "ok" },
  ]);
  const { files, missing } = await collect((exec) => send(exec, hostile));
  deepStrictEqual(files, {
    "copied/apps/web-0/var/log/etc/passwd": "relative",
    "copied/apps/web-0/var/log/app/ok": "ok",
  });
  deepStrictEqual(missing.map(({ reason }) => reason), ["failed", "failed"]);
  match(missing[0]!.message, /would lie outside the bundle/);
});

Deno.test("copy refuses paths that lead out of the container, and none at all, before it asks for anything", async () => {
  await rejects(collectAll(copy, { ...config, containerPath: "../secrets" }), { code: "UNSAFE_PATH" });
  await rejects(collectAll(copy, { ...config, containerPath: "" }), { code: "SPEC_VALUE" });
});

Deno.test("copy says when no pod matches", async () => {
  const { files, missing } = await collect(() => {}, {}, []);
  deepStrictEqual([files, missing.map(({ path, reason }) => [path, reason])], [{}, [["copy/app=web", "empty"]]]);
});

const listErrors: [config: Record<string, unknown>, path: string][] = [
  [{}, "copied-errors.json"],
  [{ name: "", collectorName: "c" }, "c-errors.json"],
  [{ name: "" }, "errors.json"],
];
for (const [more, path] of listErrors) {
  Deno.test(`copy that may not list pods writes ${path}`, async () => {
    const refuse = () => Response.json({ message: "no" }, { status: 403 });
    await using server = startExecServer(() => {}, refuse);
    const kube = server.connect();
    const { files, missing } = await collectAll(copy, { ...config, ...more }, { kube });
    kube.close();
    deepStrictEqual(Object.keys(files), [path]);
    strictEqual(missing[0]!.reason, "forbidden");
  });
}

Deno.test("copy ends with its signal, and ends its commands", async () => {
  const gone = Promise.withResolvers<void>();
  const stop = new AbortController();
  await using server = startExecServer(async (exec) => {
    exec.gone.addEventListener("abort", () => gone.resolve());
    await exec.stdout(tar.slice(0, 1000));
    stop.abort(new DOMException("late", "TimeoutError"));
  }, () => podList([{ name: "web-0" }]));
  const kube = server.connect();
  await rejects(collectAll(copy, config, { kube, signal: stop.signal }), { name: "TimeoutError" });
  await gone.promise;
  kube.close();
});

// The simulated kubelet runs commands on this machine: tar is real, and so are the files.
async function createPod(kube: KubeClient, namespace: string): Promise<void> {
  await kube.create(`/api/v1/namespaces/${namespace}/pods`, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web-0", labels: { app: "web" } },
    spec: { containers: [{ name: "main", image: "web" }] },
  });
  while ((await kube.get(`/api/v1/namespaces/${namespace}/pods/web-0`)).status.phase !== "Running") {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

clusterCase("copy takes files and folders out of a container", async (kube, namespace) => {
  await createPod(kube, namespace);
  const folder = await Deno.makeTempDir();
  try {
    const big = new Uint8Array(20_000_000).fill(65);
    await Deno.mkdir(`${folder}/data/sub`, { recursive: true });
    await Deno.writeTextFile(`${folder}/data/a b.txt`, "spaces");
    await Deno.writeFile(`${folder}/data/sub/big`, big);
    await Deno.symlink("/etc/passwd", `${folder}/data/link`);
    await Deno.link(`${folder}/data/a b.txt`, `${folder}/data/hard.txt`);
    const of = { ...config, namespace, containerPath: `${folder}/data` };
    const { files, entries, links, missing } = await collectAll(copy, of, { kube });
    const at = `copied/${namespace}/web-0${folder}/data`;
    deepStrictEqual(missing, []);
    const texts = entries.flatMap((entry) => entry.type === "file" ? [[entry.path, entry.bytes] as const] : []);
    const [first] = Object.keys(files).filter((path) => path.endsWith(".txt"));
    const [link] = Object.entries(links);
    deepStrictEqual(Object.fromEntries(texts), { [first!]: 6, [`${at}/sub/big`]: big.length });
    deepStrictEqual(link, [first === `${at}/hard.txt` ? `${at}/a b.txt` : `${at}/hard.txt`, first]);

    const one = await collectAll(copy, { ...of, containerPath: `${folder}/data/a b.txt` }, { kube });
    deepStrictEqual(one.files, { [`${at}/a b.txt`]: "spaces" });

    const none = await collectAll(copy, { ...of, containerPath: `${folder}/none` }, { kube });
    const errors = `copied/${namespace}/web-0${folder}/none-errors.json`;
    deepStrictEqual(Object.keys(none.files), [errors]);
    match(JSON.parse(none.files[errors]!)[`${folder}/none/stderr`], /No such file/);
    deepStrictEqual(none.missing.map(({ reason }) => reason), ["failed"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
