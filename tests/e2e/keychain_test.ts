import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { findProgram } from "../fixtures/server_process.ts";
import { BINARY, Sandbox } from "./program.ts";

const tools = ["secret-tool", "gnome-keyring-daemon", "dbus-run-session"];
const ignore = BINARY === undefined || Deno.build.os !== "linux" ||
  tools.some((name) => findProgram(name, `TEST_${name.toUpperCase().replaceAll("-", "_")}`) === undefined);

/** A session with a keyring of its own, unlocked, that ends with the commands. */
const SESSION = `printf unlocked > "$HOME/password"
gnome-keyring-daemon --foreground --unlock --components=secrets < "$HOME/password" > /dev/null 2>&1 &
keyring=$!
trap 'kill $keyring' EXIT
for try in 1 2 3 4 5 6 7 8 9 10; do secret-tool lookup a b > /dev/null 2>&1; [ $? = 1 ] && break; sleep 0.2; done
`;

Deno.test({
  name: "credential --key keychain: a real keyring keeps the vault's key, through rotations, until it moves to a file",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const value = crypto.randomUUID();
    await sandbox.write("value", value);
    const steps = [
      "credential set s3 --key keychain --from-file value",
      "credential test s3",
      "credential rotate",
      "credential test s3",
      'shell ls "$TROUBLESHOOT_SCHEDULER_DIR"',
      "credential rotate --key file",
      "credential test s3",
    ].map((step) => step.startsWith("shell ") ? step.slice(6) : `"${BINARY}" ${step} 2>&1`);
    await sandbox.write("steps.sh", SESSION + steps.map((step) => `${step}; echo "[$?]"`).join("\n"));
    const session = await new Deno.Command("dbus-run-session", {
      args: ["--", "sh", sandbox.path("steps.sh")],
      cwd: sandbox.folder,
      env: sandbox.env({ XDG_RUNTIME_DIR: sandbox.folder }),
      clearEnv: true,
      stderr: "null",
    }).output();
    endProcessesOf(sandbox.folder); // the bus may have started a second keyring
    const said = new TextDecoder().decode(session.stdout);
    deepStrictEqual(said.match(/\[\d+\]/g), steps.map(() => "[0]"), said);
    match(said, /The vault was made; its key is in the system's keychain/);
    strictEqual(said.match(/vault:s3 can be read: one line of text/g)?.length, 3);
    const [before = ""] = said.split("The vault has a new key, in the file");
    ok(!before.includes("vault.key"), "the key was in a file while it was in the keychain");
    ok(!said.includes(value) && !said.includes("AGE-SECRET-KEY"));
    ok((await Deno.stat(`${sandbox.state}/vault.key`)).isFile);
  },
});

/** Ends what has this folder as its home. */
function endProcessesOf(home: string): void {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const environment = Deno.readTextFileSync(`/proc/${name}/environ`).split("\0");
      if (environment.includes(`HOME=${home}`)) Deno.kill(Number(name), "SIGTERM");
    } catch {
      // It has ended, or is somebody else's.
    }
  }
}
