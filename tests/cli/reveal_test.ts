import { deepStrictEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import type { CliContext } from "../../src/cli/cli_context.ts";
import { runCli } from "../../src/cli/run_cli.ts";
import { writeMap } from "../../src/redact/tokens/map_file.ts";
import { encryptFor, type MapLock } from "../../src/redact/tokens/map_lock.ts";
import { redactionMap } from "../../src/redact/tokens/redaction_map.ts";
import { Tokenizer } from "../../src/redact/tokens/tokenizer.ts";
import { ManualClock } from "../manual_clock.ts";

const clock = new ManualClock("2026-03-02T10:00:00.000Z");
const VALUES = ["hunter2", "two\nlines \x1b[31m"];

interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

/** `redact reveal` in a folder with the map `map.json` of {@linkcode VALUES}. */
class Reveal implements AsyncDisposable {
  private constructor(readonly folder: string, readonly tokens: string[]) {}

  static async create(lock?: MapLock): Promise<Reveal> {
    const folder = await Deno.makeTempDir();
    const tokenizer = new Tokenizer({ key: new Uint8Array(32), clock });
    const file = tokenizer.start("pods/a.log");
    const tokens = VALUES.map((value) => file.of(value, "password", ""));
    file.end();
    const map = redactionMap(tokenizer, { bundleId: "b1", now: clock.now() });
    await writeMap(join(folder, "map.json"), map, lock && await encryptFor(lock));
    return new Reveal(folder, tokens);
  }

  /** @param options `typed`: what a person at a terminal answers */
  async run(args: string[], options: { stdin?: string; typed?: string; terminal?: boolean } = {}): Promise<Answer> {
    const out = { stdout: "", stderr: "" };
    const never = new AbortController().signal;
    const cli: CliContext = {
      env: { PHRASE: "correct horse battery" },
      cwd: this.folder,
      clock,
      stdout: { write: (text) => void (out.stdout += text), isTerminal: options.terminal === true, columns: Infinity },
      stderr: { write: (text) => void (out.stderr += text), isTerminal: options.typed !== undefined, columns: 80 },
      stdin: {
        isTerminal: options.typed !== undefined,
        readAll: () => Promise.resolve(options.stdin ?? ""),
        readLine: () => Promise.reject(new Error("a passphrase would be shown")),
        readHidden: async (ask) => {
          await ask?.();
          return options.typed;
        },
      },
      signal: never,
      abort: never,
      exitCode: 0,
    };
    return { code: await runCli(["redact", "reveal", ...args], cli), ...out };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("redact reveal shows values, of one token as it is", async () => {
  await using reveal = await Reveal.create();
  const [one, two] = reveal.tokens;
  deepStrictEqual(await reveal.run(["map.json", two!]), { code: 0, stdout: `${VALUES[1]}\n`, stderr: "" });
  equal((await reveal.run(["map.json", two!.slice(3, -3)])).stdout, `${VALUES[1]}\n`);
  ok(!(await reveal.run(["map.json", two!], { terminal: true })).stdout.includes("\x1b"), "steers the terminal");
  const listed = (await reveal.run(["map.json"])).stdout;
  equal((await reveal.run(["map.json", one!, two!])).stdout, listed);
  match(listed, /^TOKEN +VALUE +FILES\n\*\*\*TOKEN_PASSWORD_[A-F0-9]{12}\*\*\* +hunter2 +pods\/a\.log\n/);
});

Deno.test("redact reveal puts values back into a text, and tells of tokens that it does not know", async () => {
  await using reveal = await Reveal.create();
  const [one, two] = reveal.tokens;
  const text = `a ${one}${one}\r\n${two} ***TOKEN_KEY_FFFFFFFFFFFF*** \ufeffé`;
  const back = `a hunter2hunter2\r\n${VALUES[1]} ***TOKEN_KEY_FFFFFFFFFFFF*** \ufeffé`;
  await Deno.writeTextFile(join(reveal.folder, "a.log"), text);
  for (
    const answer of [await reveal.run(["map.json", "a.log"]), await reveal.run(["map.json", "-"], { stdin: text })]
  ) {
    equal(answer.stdout, back);
    match(answer.stderr, /1 tokens are not in this map/);
  }
});

const refused: [name: string, args: string[], why: RegExp][] = [
  ["no map", [], /missing required argument 'map'/i],
  ["a map that is not there", ["none.json"], /Cannot read the redaction map/],
  ["a token of another bundle", ["map.json", "TOKEN_KEY_FFFFFFFFFFFF"], /map of b1 does not have the token/],
  ["a file that is not there", ["map.json", "none.log"], /Cannot read "none\.log"/],
  ["a token and a file", ["map.json", "TOKEN_KEY_FFFFFFFFFFFF", "map.json"], /"map\.json" is not a token/],
  ["a passphrase as it is", ["map.json", "--passphrase", "hunter2"], /--passphrase: .*not a reference/],
];
for (const [name, args, why] of refused) {
  Deno.test(`redact reveal refuses ${name}`, async () => {
    await using reveal = await Reveal.create();
    const { code, stdout, stderr } = await reveal.run(args);
    match(stderr, why);
    deepStrictEqual([code, stdout], [1, ""]);
    ok(!stderr.includes("hunter2"));
  });
}

Deno.test("redact reveal asks for the passphrase of an encrypted map, and does not show it", async () => {
  await using reveal = await Reveal.create({ passphrase: "correct horse battery" });
  const token = reveal.tokens[0]!;
  const asked = await reveal.run(["map.json", token], { typed: "correct horse battery" });
  deepStrictEqual(asked, { code: 0, stdout: "hunter2\n", stderr: "Passphrase of the map: \n" });
  equal((await reveal.run(["map.json", token, "--passphrase", "env:PHRASE"])).stdout, "hunter2\n");
  match((await reveal.run(["map.json", token])).stderr, /nobody can be asked/);
  match((await reveal.run(["map.json", "-"], { typed: "correct horse battery" })).stderr, /nobody can be asked/);
  match((await reveal.run(["map.json", token], { typed: "" })).stderr, /passphrase does not open/);
});

Deno.test("redact reveal wants the identity that an encrypted map is for", async () => {
  const { generateIdentity, identityToRecipient } = await import("age-encryption");
  const identity = await generateIdentity();
  await using reveal = await Reveal.create({ recipients: [await identityToRecipient(identity)] });
  const file = join(reveal.folder, "id");
  const run = async (text: string) => {
    await Deno.writeTextFile(file, text);
    return await reveal.run(["map.json", reveal.tokens[0]!, "--identity", "id"]);
  };
  equal((await run(`# a comment\r\n\r\n${identity}\r\n`)).stdout, "hunter2\n");
  match((await run("# nothing else\n")).stderr, /has no identity in it/);
  const wrong = await run("hunter2\n");
  match(wrong.stderr, /a line that is no age identity/);
  ok(!wrong.stderr.includes("hunter2"));
  match((await reveal.run(["map.json"])).stderr, /no identity was named/);
});
