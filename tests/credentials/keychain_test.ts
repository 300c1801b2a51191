import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { delimiter, join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { Keychain } from "../../src/credentials/keychain.ts";
import { Vault } from "../../src/credentials/vault.ts";

const linux = Deno.build.os === "linux";

/** A keyring with one item, and a log of how it was called, behind the command line of `secret-tool`. */
const SECRET_TOOL = `#!/bin/sh
echo "$@" >> "$HOME/calls"
env >> "$HOME/calls"
case "$1" in
  lookup) cat "$HOME/item" 2>/dev/null ;;
  store) cat > "$HOME/item" ;;
esac`;

async function withTool(
  script: string | undefined,
  check: (env: Record<string, string>, home: string) => Promise<void>,
) {
  const home = await Deno.makeTempDir();
  try {
    if (script !== undefined) await Deno.writeTextFile(join(home, "secret-tool"), script, { mode: 0o700 });
    const path = script === undefined ? home : `${home}${delimiter}${Deno.env.get("PATH")}`;
    await check({ PATH: path, HOME: home }, home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test({
  name: "Vault keeps its key in the system's keychain, and in no argument, variable or file",
  ignore: !linux,
  fn: () =>
    withTool(SECRET_TOOL, async (env, home) => {
      const state = join(home, "state");
      const vault = new Vault(state, { env: { ...env, TROUBLESHOOT_X: "x" }, clock: systemClock });
      await vault.set("s3", "value", { place: "keychain" });
      strictEqual(await vault.read("s3"), "value");
      await vault.rotateKey();
      strictEqual(await vault.read("s3"), "value");
      strictEqual(await vault.keyPlace(), "keychain");
      const names = await Array.fromAsync(Deno.readDir(state), ({ name }) => name);
      deepStrictEqual(names.sort(), ["credentials.json", "credentials.lock"]);
      const calls = await Deno.readTextFile(join(home, "calls"));
      ok(!/AGE-SECRET-KEY|TROUBLESHOOT_/.test(calls), calls);
      ok(/^AGE-SECRET-KEY-1\w+$/.test(await Deno.readTextFile(join(home, "item"))));
    }),
});

const failures: [name: string, script: string | undefined, expect: RegExp][] = [
  ["is not installed", undefined, /secret-tool is not installed/],
  ["keeps nothing", "#!/bin/sh\ncat > /dev/null", /did not keep the key/],
  ["is locked", "#!/bin/sh\nexit 1", /did not keep the key/],
  ["asks somebody", "#!/bin/sh\nsleep 60", /did not answer within 20 s/],
];
for (const [name, script, expect] of failures) {
  Deno.test({
    name: `Keychain.keep() fails when it ${name}`,
    ignore: !linux,
    fn: () =>
      withTool(script, async (env) => {
        const value = crypto.randomUUID();
        const clock = {
          now: systemClock.now,
          sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 40, signal),
        };
        await rejects(new Keychain("test", { env, clock }).keep(value), (error) => {
          ok(error instanceof Error && expect.test(error.message), Deno.inspect(error));
          return !Deno.inspect(error).includes(value);
        });
      }),
  });
}

Deno.test({
  name: "Keychain speaks to the keychain of macOS on standard input alone",
  ignore: !linux,
  fn: () =>
    withTool(undefined, async (env, home) => {
      const security = join(home, "security");
      await Deno.writeTextFile(
        security,
        `#!/bin/sh\necho "$@" >> "$HOME/calls"\nif [ "$1" = -i ]; then /bin/cat > "$HOME/said"; else printf value; fi`,
        { mode: 0o700 },
      );
      const keychain = new Keychain("/some/state", { env, clock: systemClock }, {
        ...Keychain.tools.darwin!,
        program: security,
      });
      await keychain.keep("value");
      strictEqual(
        await Deno.readTextFile(join(home, "said")),
        'add-generic-password -U -s support-bundle-vault -a "/some/state" -w "value"\n',
      );
      ok(!(await Deno.readTextFile(join(home, "calls"))).includes("value\n-w"));
    }),
});
