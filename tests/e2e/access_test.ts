import { match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/core/exit_codes.ts";
import { BINARY, Sandbox } from "./program.ts";

const CREATE = ["create", "extra", "--auto", "--every", "1h"];

Deno.test({
  name: "the binary refuses another OS account, whatever its environment claims (needs root)",
  ignore: BINARY === undefined || Deno.build.os === "windows" || Deno.uid() !== 0,
  async fn() {
    const NOBODY = 65_534;
    await using sandbox = await Sandbox.create();
    // Where that account can reach it.
    const binary = sandbox.path("support-bundle");
    await Deno.copyFile(BINARY!, binary);
    await Deno.chmod(binary, 0o755);
    await Deno.chown(sandbox.folder, NOBODY, NOBODY);
    const run = async (args: string[], env: Record<string, string> = {}) => {
      const { code, stdout, stderr } = await new Deno.Command(binary, {
        args: ["schedule", ...args],
        cwd: sandbox.folder,
        env: sandbox.env(env),
        clearEnv: true,
        uid: NOBODY,
        gid: NOBODY,
      }).output();
      const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, stdout: decode(stdout), stderr: decode(stderr) };
    };
    const made = await run([...CREATE, "-o", "json"]);
    strictEqual(made.code, 0, made.stderr);
    const name: string = JSON.parse(made.stdout).createdBy;
    strictEqual((await Deno.stat(sandbox.state)).mode! & 0o777, 0o700);

    const configFile = join(sandbox.state, "config.yaml");
    const set = async (text: string) => {
      await Deno.writeTextFile(configFile, text);
      await Deno.chown(configFile, NOBODY, NOBODY);
    };
    await set("allowedUsers: [root]\nallowedGroups: [root]\n");
    const claims = { USER: "root", LOGNAME: "root", SUDO_USER: "root", TROUBLESHOOT_ALLOWED_USERS: name };
    const other = await run(["disable", "extra"], claims);
    strictEqual(other.code, EXIT.refused, other.stderr);
    match(other.stderr, new RegExp(`as ${name}: it is not in \`allowedUsers\``));
    strictEqual((await run(["disable", "extra"], { PATH: sandbox.folder })).code, EXIT.refused);
    await set(`allowedGroups: [${NOBODY}]\n`);
    strictEqual((await run(["disable", "extra"])).code, 0, "a member of a group that is listed");

    // And a folder that belongs to somebody else is not touched.
    await Deno.chown(sandbox.state, 0, 0);
    await Deno.chmod(sandbox.state, 0o755);
    const foreign = await run(["list"]);
    strictEqual(foreign.code, EXIT.state, foreign.stderr);
    match(foreign.stderr, /belongs to another account/);
  },
});
