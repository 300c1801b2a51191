/** The section `upload` of the bench: an uploader against `curl -T` of the same file to the same server, in turns. */
import { createHash } from "node:crypto";
import { cp } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type S3Server, startS3Server, TEST_SERVICES } from "../tests/fixtures/s3_server.ts";
import type { UploadTask } from "../tests/fixtures/upload_child.ts";
import type { BenchTools } from "./bench_redact.ts";
import { buildBinary } from "./build.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MEGABYTES = 2000;
const ROUNDS = 5;
const CHECKSUMS = ["CRC32", "SHA256"] as const;

export async function uploadBench(tools: BenchTools): Promise<void> {
  const { row, binary, scratch, median, measure } = tools;
  if (TEST_SERVICES === undefined) return row("upload to S3", "skipped", "TEST_SERVICES names no folder of versitygw");
  const program = await buildUploader(scratch);
  const path = join(scratch, "bundle.tar.gz");
  const file = { path, name: "ours.tar.gz", bytes: MEGABYTES * 1e6, sha256: await writeRandom(path) };
  const server = await startS3Server(TEST_SERVICES, scratch);
  try {
    const seconds: number[] = [];
    const whole = { ratios: [] as number[], peaks: [] as number[] };
    const runs = CHECKSUMS.map((checksum) => ({ checksum, ratios: [] as number[], peaks: [] as number[] }));
    for (let i = 0; i < ROUNDS; i++) {
      const curl = await measure(curlCommand(server, path));
      seconds.push(curl.ms / 1000);
      await Deno.remove(join(server.folder, server.bucket, "curl.tar.gz"));
      const command = [
        binary,
        "upload",
        path,
        `s3://${server.bucket}/`,
        "--upload-options",
        `endpoint=${server.endpoint}`,
      ];
      const ours = await measure(command, accountOf(server));
      whole.ratios.push(curl.ms / ours.ms);
      whole.peaks.push(ours.peakMB);
      await Deno.remove(join(server.folder, server.bucket, basename(path)));
      for (const { checksum, ratios, peaks } of runs) {
        const task: UploadTask = {
          file,
          destination: { url: `s3://${server.bucket}/`, options: { endpoint: server.endpoint, checksum } },
          env: accountOf(server),
          state: join(scratch, "upload.json"),
        };
        const taskPath = join(scratch, "task.json");
        await Deno.writeTextFile(taskPath, JSON.stringify(task), { mode: 0o600 });
        const ours = await measure([program, taskPath]);
        ratios.push(curl.ms / ours.ms);
        peaks.push(ours.peakMB);
        await Deno.remove(join(server.folder, server.bucket, file.name));
      }
    }
    row(`curl -T of ${MEGABYTES} MB to an S3 server on this machine`, `${median(seconds).toFixed(2)} s`);
    for (const { checksum, ratios, peaks } of runs) {
      row(`  speed of our upload, ratio to it, parts with ${checksum}`, median(ratios).toFixed(2), "> 0.80");
      row("    its memory", `${Math.round(Math.max(...peaks))} MB`, "< 150 MB");
    }
    row("  `support-bundle upload` of it, which reads the file once before", median(whole.ratios).toFixed(2));
    row("    its memory", `${Math.round(Math.max(...whole.peaks))} MB`, "< 150 MB");
  } finally {
    await server.stop();
    await Deno.remove(path);
  }
}

function accountOf({ accessKeyId, secretAccessKey }: S3Server): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

/** The uploaders alone, bundled and compiled as the program is. */
async function buildUploader(scratch: string): Promise<string> {
  const root = join(scratch, "uploader");
  for (const name of ["src", "tests/fixtures", "tests/secrets.ts", "deno.json", "deno.lock"]) {
    await cp(join(ROOT, name), join(root, name), { recursive: true });
  }
  const main = 'import { upload } from "./tests/fixtures/upload_child.ts";\nawait upload(Deno.args[0]!);\n';
  await Deno.writeTextFile(join(root, "main.ts"), main);
  return await buildBinary({ root });
}

/** @returns the SHA-256 of what was written */
async function writeRandom(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path, { write: true, createNew: true });
  const block = new Uint8Array(1e6);
  for (let at = 0; at < block.length; at += 50_000) crypto.getRandomValues(block.subarray(at, at + 50_000));
  for (let i = 0; i < MEGABYTES; i++) {
    new DataView(block.buffer).setUint32(0, i);
    hash.update(block);
    for (let written = 0; written < block.length;) written += await file.write(block.subarray(written));
  }
  return hash.digest("hex");
}

function curlCommand({ endpoint, bucket, accessKeyId, secretAccessKey }: S3Server, path: string): string[] {
  const signed = ["--aws-sigv4", "aws:amz:us-east-1:s3", "--user", `${accessKeyId}:${secretAccessKey}`];
  const unsignedBody = ["--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"];
  return ["curl", "-sS", "--fail", ...signed, ...unsignedBody, "-T", path, `${endpoint}/${bucket}/curl.tar.gz`];
}
