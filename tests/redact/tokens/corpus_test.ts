import { deepStrictEqual, equal } from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { createRedactor } from "../../../src/redact/create_redactor.ts";
import type { Redactor } from "../../../src/redact/redactor.ts";
import { Tokenizer } from "../../../src/redact/tokens/tokenizer.ts";
import { ManualClock } from "../../manual_clock.ts";
import { redactBytes } from "../redact_text.ts";

/** Folder of `make` and `check`, which need python3. */
const CORPUS = Deno.env.get("REDACTION_CORPUS");

async function python(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("python3", { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesBelow(join(folder, name));
    else if (isFile) yield join(folder, name);
  }
}

Deno.test({
  name: "corpus: tokens hide, keep and leave readable what the constant mask does, and nothing changes the second time",
  ignore: CORPUS === undefined,
  fn: async () => {
    const scratch = await Deno.makeTempDir();
    try {
      const original = join(scratch, "original");
      await python(join(CORPUS!, "make"), original, "--seed", "11", "--no-long-line");
      const tokens = new Tokenizer({ key: new Uint8Array(32), clock: new ManualClock() });
      const redactors: [name: string, redactor: Redactor][] = [
        ["mask", createRedactor({ builtIn: true, custom: [] })],
        ["tokens", createRedactor({ builtIn: true, custom: [], mask: tokens })],
      ];
      const verdicts: string[] = [];
      for (const [name, redactor] of redactors) {
        for await (const path of filesBelow(original)) {
          if (path.endsWith("truth.jsonl")) continue;
          const inBundle = relative(original, path).split("/").slice(1).join("/");
          const { bytes } = await redactBytes(redactor, inBundle, await Deno.readFile(path));
          const target = join(scratch, name, relative(original, path));
          await Deno.mkdir(dirname(target), { recursive: true });
          await Deno.writeFile(target, bytes);
          for (const [, again] of redactors) {
            deepStrictEqual((await redactBytes(again, inBundle, bytes)).bytes, bytes, inBundle);
          }
        }
        verdicts.push(
          (await python(join(CORPUS!, "check"), original, join(scratch, name))).trimEnd().split("\n").at(-1)!,
        );
      }
      equal(verdicts[1], verdicts[0]);
    } finally {
      await Deno.remove(scratch, { recursive: true });
    }
  },
});
