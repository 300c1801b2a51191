import { ok } from "node:assert/strict";
import { constants, gunzipSync } from "node:zlib";
import { unpackTar } from "modern-tar";
import { packedFormat } from "../../src/bundle/file_format.ts";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { RedactionError } from "../../src/redact/redaction_error.ts";
import { mutate, seedArchive } from "../bundle/hostile.ts";
import { seeded } from "../seeded.ts";
import { bytes } from "../bundle/tar_bytes.ts";
import { bytesOf, streamOf } from "./redact_text.ts";

const ROUNDS = 1500;
const NAMES = ["x.tar", "x.tgz", "x.gz", "x", "x.log", "x.zip"];
const planted = bytes("value-that-must-not-stay");

Deno.test(`redact() lets nothing through, and ends, over ${ROUNDS} hostile archives`, async () => {
  const values = [new TextDecoder().decode(planted)];
  const redactor = createRedactor({ builtIn: false, custom: [{ removals: { values } }] });
  const seed = await seedArchive(`first line\nand ${values[0]} in one\n`);
  const before = Deno.memoryUsage().rss;
  let redacted = 0, leftOut = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const random = seeded(round);
    const archive = mutate(seed, random);
    const path = NAMES[random(NAMES.length)]!;
    try {
      const out = await bytesOf(redactor.redact(path, streamOf(archive, [1 + random(3000)]), () => {}));
      redacted++;
      ok(!await holds(out), `round ${round}: ${path} still has it`);
    } catch (error) {
      ok(error instanceof RedactionError, `round ${round}: ${path}: ${error}`);
      leftOut++;
    }
  }
  const grown = (Deno.memoryUsage().rss - before) / 1e6;
  ok(grown < 150, `memory grew by ${grown} MB`);
  ok(redacted > ROUNDS / 5 && leftOut > ROUNDS / 5, `${redacted} redacted, ${leftOut} left out`);
});

/** True when the planted value is in a file, or in what it is packed with, as far as that can be read. */
async function holds(file: Uint8Array): Promise<boolean> {
  switch (packedFormat(file)) {
    case "gzip":
      return await holds(unpacked(file));
    case "tar":
      for (const { data } of await unpackTar(file).catch(() => [])) if (data && await holds(data)) return true;
      return false;
  }
  return new TextDecoder("latin1").decode(file).includes(new TextDecoder().decode(planted));
}

function unpacked(file: Uint8Array): Uint8Array {
  try {
    return gunzipSync(file, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return new Uint8Array();
  }
}
