import { ok } from "node:assert/strict";
import { ArchiveError } from "../../src/bundle/archive_error.ts";
import { ARCHIVE_LIMITS, readArchive } from "../../src/bundle/read_archive.ts";
import { streamOf } from "../redact/redact_text.ts";
import { mutate, seedArchive } from "./hostile.ts";
import { seeded } from "../seeded.ts";

const ROUNDS = 3000;
const LIMITS = { ...ARCHIVE_LIMITS, bytes: 10e6, members: 500 };

Deno.test(`readArchive() stays inside, within its limits, and ends, over ${ROUNDS} hostile archives`, async () => {
  const seed = await seedArchive("something harmless\n");
  const before = Deno.memoryUsage().rss;
  let read = 0, refused = 0, failed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const random = seeded(round);
    const archive = mutate(seed, random);
    const chunk = 1 + random(3000);
    let bytes = 0;
    try {
      for await (const member of readArchive(streamOf(archive, [chunk]), LIMITS)) {
        if (member.type === "refused") {
          refused++;
          continue;
        }
        read++;
        checkName(member.name, round);
        if (member.type === "link" || member.type === "symlink") checkName(member.target, round);
        if (member.type === "file" && random(4) > 0) { for await (const piece of member.body) bytes += piece.length; }
      }
    } catch (error) {
      ok(error instanceof ArchiveError, `round ${round}: ${error}`);
      failed++;
    }
    ok(bytes <= LIMITS.bytes, `round ${round}: ${bytes} bytes`);
  }
  const grown = (Deno.memoryUsage().rss - before) / 1e6;
  ok(grown < 150, `memory grew by ${grown} MB`);
  // The seed does what it shall: archives of each sort came.
  ok(
    read > ROUNDS && refused > ROUNDS / 20 && failed > ROUNDS / 5,
    `${read} read, ${refused} refused, ${failed} failed`,
  );
});

function checkName(name: string, round: number): void {
  const safe = name !== "" && !/^[\\/]|^[a-z]:|\0|\\/i.test(name) &&
    name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  ok(safe, `round ${round}: ${JSON.stringify(name)}`);
}
