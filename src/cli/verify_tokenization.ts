import { dirname } from "node:path";
import { createRedactor } from "../redact/create_redactor.ts";
import { isMask } from "../redact/mask.ts";
import { RedactionMapError } from "../redact/tokens/map_error.ts";
import { Tokenization, type TokenOptions } from "../redact/tokens/tokenization.ts";
import type { CliContext } from "./cli_context.ts";
import { readSecret } from "./read_secret.ts";

/** `--verify-tokenization`: does all that tokens take, on a sample, and writes nothing that stays.
 * @throws {SupportBundleError} with what does not work */
export async function verifyTokenization(cli: CliContext, options: TokenOptions): Promise<void> {
  const tokens = await Tokenization.open(options, { secret: readSecret(cli), clock: cli.clock });
  const { mask, encrypt } = tokens;
  const redactor = createRedactor({ builtIn: true, custom: [], mask });
  const sample = "DB_PASSWORD=hunter2\nREDIS_PASSWORD=hunter2\nAPI_TOKEN=hunter3\n";
  const redact = (bytes: Uint8Array) => redactor.redactBytes("sample.env", bytes)!.bytes;
  const once = redact(new TextEncoder().encode(sample));
  const text = new TextDecoder().decode(once);
  const [first = "", second = "", third = ""] = text.split("\n").map((line) => line.slice(line.indexOf("=") + 1));
  const again = new TextDecoder().decode(redact(once));
  if (!isMask(first) || first !== second || !isMask(third) || first === third || again !== text) {
    throw new RedactionMapError("Tokens are not what they should be", "This is a defect: leave --tokenize out", {
      code: "INTERNAL",
    });
  }
  const lines = [
    `Tokens look like ${first}: the same for equal values, another for others.`,
    options.key === undefined
      ? "The key is random and ends with the run: tokens of two bundles have nothing in common."
      : "The key was read: equal values have equal hashes in all bundles made with it.",
  ];
  if (options.map !== undefined) {
    await tryToWrite(options.map.path);
    await encrypt?.("{}");
    lines.push(`The map can be written to ${options.map.path}${encrypt === undefined ? "" : ", encrypted"}.`);
  } else lines.push("No map is asked for: nothing will lead from tokens back to values.");
  await cli.stdout.write(lines.join("\n") + "\n");
}

async function tryToWrite(path: string): Promise<void> {
  try {
    const draft = await Deno.makeTempFile({ dir: dirname(path), prefix: ".redaction-map-" });
    await Deno.remove(draft);
  } catch (cause) {
    throw new RedactionMapError(`Cannot write into the folder "${dirname(path)}"`, "Name a file in another folder", {
      cause,
    });
  }
}
