import type { Clock } from "../core/clock.ts";
import { concatBytes } from "../core/concat_bytes.ts";
import { startDeadline } from "../core/deadline.ts";
import type { RegistryCredentials } from "./docker_config.ts";
import { OciError } from "./errors.ts";

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1024;
/** The user name that says that the secret is an identity token. */
const TOKEN_USER = "<token>";

/** Asks `docker-credential-<helper>` for a registry.
 * @returns undefined when it has none for it
 * @throws {OciError} when it cannot be run or gives no answer
 * @see https://github.com/docker/docker-credential-helpers#development */
export async function askCredentialHelper(
  helper: string,
  server: string,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<RegistryCredentials | undefined> {
  const failed = (why: string, cause?: unknown) =>
    new OciError(`The credential helper "docker-credential-${helper}" gave no credentials: ${why}`, {
      code: "REGISTRY_CREDENTIALS",
      cause,
    });
  if (!/^[\w.-]+$/.test(helper)) throw failed("that is no name of a program");
  using deadline = startDeadline(clock, TIMEOUT_MS, signal);
  let answer: { success: boolean; text: string };
  try {
    answer = await run(`docker-credential-${helper}`, server, deadline.signal);
  } catch (cause) {
    signal.throwIfAborted();
    if (deadline.expired) throw failed(`no answer within ${TIMEOUT_MS / 1000} s`);
    throw failed(cause instanceof Deno.errors.NotFound ? "there is no such program" : "it cannot be run", cause);
  }
  // Helpers say "not found" by failing, in words of their own.
  if (!answer.success) return undefined;
  try {
    const { Username, Secret } = JSON.parse(answer.text) as { Username?: unknown; Secret?: unknown };
    if (typeof Username === "string" && typeof Secret === "string" && Secret !== "") {
      return Username === TOKEN_USER ? { identityToken: Secret } : { username: Username, password: Secret };
    }
  } catch {
    // Its output may hold the secret, so it is not the cause.
  }
  throw failed("its answer is not what the protocol says");
}

async function run(program: string, input: string, signal: AbortSignal): Promise<{ success: boolean; text: string }> {
  const child = new Deno.Command(program, {
    args: ["get"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    signal,
  }).spawn();
  const [{ success }, text] = await Promise.all([
    child.status,
    readText(child.stdout),
    new Blob([input]).stream().pipeTo(child.stdin).catch(() => {}),
  ]);
  signal.throwIfAborted();
  return { success, text };
}

async function readText(stream: ReadableStream<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream) {
    size += piece.length;
    if (size <= MAX_BYTES) pieces.push(piece);
  }
  return new TextDecoder().decode(concatBytes(pieces));
}
