import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import type { CliContext } from "../../src/cli/cli_context.ts";
import { runCli } from "../../src/cli/run_cli.ts";
import { systemClock } from "../../src/core/clock.ts";
import { Encryption } from "../../src/crypt/encryption.ts";

export const PASSPHRASE = "correct horse battery staple";

export interface Answer {
  code: number;
  stdout: string;
  stderr: string;
  /** What was written as bytes. */
  bytes: Uint8Array;
}

const ARCHIVE = await makeArchive();
const BY_PASSPHRASE = await sealed(ARCHIVE, { recipients: [], passphrase: "env:P" });

/** A folder with a bundle in it, plain and encrypted, and the commands that read it. */
export class CryptHarness implements AsyncDisposable {
  private constructor(readonly folder: string, readonly archive: Uint8Array) {}

  static async create(): Promise<CryptHarness> {
    const { generateIdentity, identityToRecipient } = await import("age-encryption");
    const folder = await Deno.makeTempDir({ prefix: "crypt-cli-" });
    const archive = ARCHIVE;
    const harness = new CryptHarness(folder, archive);
    const identity = await generateIdentity();
    await harness.write("key.txt", `# mine\n${identity}\n`);
    await harness.write("other.txt", `${await generateIdentity()}\n`);
    await harness.write("b.tar.gz", archive);
    const recipients = [await identityToRecipient(identity)];
    await harness.write("b.tar.gz.age", await sealed(archive, { recipients }));
    await harness.write("p.tar.gz.age", BY_PASSPHRASE);
    return harness;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    if (typeof content === "string") await Deno.writeTextFile(this.path(name), content);
    else await Deno.writeFile(this.path(name), content);
  }

  files(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name).sort();
  }

  /** @param options `typed`: what a person at a terminal answers */
  async run(args: string[], options: { typed?: string; terminal?: boolean } = {}): Promise<Answer> {
    const printed = { stdout: "", stderr: "" };
    const pieces: Uint8Array[] = [];
    const never = new AbortController().signal;
    const cli: CliContext = {
      env: { PHRASE: PASSPHRASE, NO_COLOR: "1", TMPDIR: this.folder },
      cwd: this.folder,
      clock: systemClock,
      stdout: {
        write: (text) => void (printed.stdout += text),
        writeBytes: (bytes) => void pieces.push(bytes.slice()),
        isTerminal: options.terminal === true,
        columns: Infinity,
      },
      stderr: { write: (text) => void (printed.stderr += text), isTerminal: options.typed !== undefined, columns: 80 },
      stdin: {
        isTerminal: options.typed !== undefined,
        readAll: () => Promise.resolve(""),
        readLine: () => Promise.reject(new Error("a passphrase would be shown")),
        readHidden: () => Promise.resolve(options.typed),
      },
      signal: never,
      abort: never,
      exitCode: 0,
    };
    const code = await runCli(args, cli);
    return { code, ...printed, bytes: new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer()) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function sealed(archive: Uint8Array, to: Parameters<typeof Encryption.prepare>[0]): Promise<Uint8Array> {
  const encryption = await Encryption.prepare(to, () => Promise.resolve(PASSPHRASE));
  const stream = await encryption.encrypt(ReadableStream.from([archive]));
  return await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).bytes();
}

async function makeArchive(): Promise<Uint8Array> {
  const body = "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n";
  const tar = await packTar([
    { header: { name: "out/version.yaml", size: body.length }, body },
    {
      header: { name: "out/app.log", size: 200_000 },
      body: "a line of it\n".repeat(200_000 / 13 + 1).slice(0, 200_000),
    },
  ]);
  return new Uint8Array(gzipSync(tar, { level: 0 }));
}
