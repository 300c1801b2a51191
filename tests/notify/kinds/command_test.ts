import { deepStrictEqual, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { command } from "../../../src/notify/kinds/command.ts";
import {
  type Answer,
  context,
  failed,
  full,
  hostile,
  notifierContract,
  type NotifierPlace,
  PASSWORD_IN_URL,
} from "../../contracts/notifier_contract.ts";

const windows = Deno.build.os === "windows";

/** Real scripts: what they read goes into `inputs/`, their environment into `env`, their arguments into `args`. */
async function place(options?: Record<string, string>): Promise<NotifierPlace & { folder: string }> {
  const folder = await Deno.makeTempDir({ prefix: "command-" });
  await Deno.mkdir(join(folder, "inputs"));
  const path = join(folder, "notify");
  const actions: Record<Answer, string> = {
    takes: `cat > inputs/$$; env > env; for arg in "$@"; do echo "$arg"; done > args`,
    busy: "exit 75",
    broken: "exit 75",
    refuses: "echo it is $SECRET; exit 3",
    "wrong-credentials": "exit 77",
    silent: "sleep 600 & sleep 600",
  };
  const lines = Object.entries(actions).map(([name, action]) => `${name}) ${action} ;;`);
  await Deno.writeTextFile(
    path,
    [
      "#!/bin/sh",
      'cd "$(dirname "$0")"',
      "echo >> tries",
      "next=$(head -1 answers)",
      "if [ $(wc -l < answers) -gt 1 ]; then sed -i 1d answers; fi",
      `case $next in ${lines.join("\n")} esac`,
      "",
    ].join("\n"),
    { mode: 0o755 },
  );
  const answer = (...answers: Answer[]) => Deno.writeTextFileSync(join(folder, "answers"), `${answers.join("\n")}\n`);
  answer("takes");
  return {
    folder,
    target: { kind: "command", url: path, ...(options === undefined ? {} : { options }) },
    env: {},
    secrets: [],
    answer,
    tries: () => readLines(join(folder, "tries")).length,
    received: () =>
      [...Deno.readDirSync(join(folder, "inputs"))].map(({ name }) =>
        Deno.readTextFileSync(join(folder, "inputs", name))
      ),
    close: () => Deno.remove(folder, { recursive: true }),
  };
}

notifierContract({
  notifier: command,
  ignore: windows,
  open: () => place(),
  absent: ({ target }) => ({ ...target, url: `${target.url}-nowhere` }),
  // It is given the message as it is, as JSON.
  harmless: (received) => void deepStrictEqual(JSON.parse(received).newFindings.length, 60),
  unusable: [
    [/not an absolute path/, { url: "notify.sh" }],
    [/not an absolute path/, { url: "/bin/x\0y" }],
    [/has a secret, which it is not given/, { secret: "env:KEY" }],
    [/args is not a list/, { options: { args: '["a", 1]' } }],
    [/args is not a list/, { options: { args: "[a" } }],
  ],
});

scriptTest("gets the message as JSON, and the outline in its environment", async (script) => {
  await command.notify(full, script.target, context({ env: { SECRET: "hunter2", HTTPS_PROXY: "http://u:p@proxy" } }));
  deepStrictEqual(JSON.parse((await script.received())[0]!), full);
  const env = Object.fromEntries(readLines(join(script.folder, "env")).map((line) => line.split(/=(.*)/)));
  deepStrictEqual(
    Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("SUPPORT_BUNDLE_"))),
    {
      SUPPORT_BUNDLE_EVENT: "failure",
      SUPPORT_BUNDLE_EVENTS: "failure,new-findings,fixed-findings,always",
      SUPPORT_BUNDLE_STATUS: "failed",
      SUPPORT_BUNDLE_SUMMARY: full.summary,
      SUPPORT_BUNDLE_JOB: "nightly",
      SUPPORT_BUNDLE_JOB_ID: "3f0c9a1e",
      SUPPORT_BUNDLE_EXECUTION_ID: "3f0c9a1e-20260302T040000Z",
      SUPPORT_BUNDLE_BUNDLE_PATH: full.bundle!.path!,
      SUPPORT_BUNDLE_BUNDLE_URL: full.bundle!.url!,
    },
  );
  const inherited = Object.keys(env).filter((name) => !name.startsWith("SUPPORT_BUNDLE_")).sort();
  ok(inherited.every((name) => ["PATH", "PWD", "OLDPWD", "SHLVL", "_"].includes(name)), inherited.join(" "));
});

scriptTest("has texts of others on one line, without credentials, in its environment", async (script) => {
  await command.notify(hostile, script.target, context({ env: {} }));
  const env = await Deno.readTextFile(join(script.folder, "env"));
  ok(!env.includes(PASSWORD_IN_URL), env.slice(0, 2000));
  ok(env.length < 10_000, `${env.length}`);
});

const args: [text: string, expect: string[]][] = [
  ["--channel ops", ["--channel", "ops"]],
  ['["--channel", "on call", "$(id); `id`"]', ["--channel", "on call", "$(id); `id`"]],
  ["$(id) ; rm *", ["$(id)", ";", "rm", "*"]],
];
for (const [text, expect] of args) {
  scriptTest(`is given the arguments ${text}, and no shell reads them`, async (script) => {
    await command.notify(failed, { ...script.target, options: { args: text } }, context({ env: {} }));
    deepStrictEqual(readLines(join(script.folder, "args")), expect);
  });
}

scriptTest("says how it ended, and not what it printed", async (script) => {
  script.answer("refuses");
  await rejects(command.notify(failed, script.target, context({ env: { SECRET: "hunter2" } })), (error: Error) => {
    match(error.message, /could not be told: it ended with exit code 3$/);
    return true;
  });
});

scriptTest("ends what a command leaves running", async (script) => {
  await Deno.writeTextFile(script.target.url, '#!/bin/sh\nsleep 600 &\necho $! > "$(dirname "$0")/pid"\n');
  await command.notify(hostile, script.target, context({ env: {} }));
  const pid = (await Deno.readTextFile(join(script.folder, "pid"))).trim();
  const until = Date.now() + 10_000;
  while (isRunning(pid) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
  ok(!isRunning(pid), `${pid} still runs`);
});

const broken: [name: string, content: string, mode: number, expect: RegExp][] = [
  ["may not be run", "#!/bin/sh\n", 0o644, /this account may not run it/],
  ["names a shell that is not there", "#!/nowhere/sh\n", 0o755, /what is to run it does not exist/],
];
for (const [name, content, mode, expect] of broken) {
  scriptTest(`says of a file that it ${name}`, async (script) => {
    await Deno.writeTextFile(script.target.url, content);
    await Deno.chmod(script.target.url, mode);
    await rejects(command.notify(failed, script.target, context({ env: {} })), expect);
  });
}

function scriptTest(name: string, fn: (script: Awaited<ReturnType<typeof place>>) => Promise<void>): void {
  Deno.test({
    name: `command: ${name}`,
    ignore: windows,
    async fn() {
      const script = await place();
      try {
        await fn(script);
      } finally {
        await script.close();
      }
    },
  });
}

function readLines(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\n").slice(0, -1);
  } catch {
    return [];
  }
}

/** A zombie does not run. */
function isRunning(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}
