/** What an exit code says, where it says anything. */
export function exitReason(code: number | undefined, signal?: number): string {
  if (code === undefined) return signal ? `it was ended by signal ${signal}` : "";
  const known = EXIT_CODES[code];
  return known === undefined ? `it ended with exit code ${code}` : `it ended with exit code ${code}: ${known}`;
}

const EXIT_CODES: Readonly<Record<number, string>> = {
  0: "it ended by itself, although it should keep running",
  1: "the program gave up with an error of its own",
  2: "the program or its shell did not understand its arguments",
  126: "the command is there but cannot be executed",
  127: "the command was not found in the image",
  128: "the container could not be started",
  134: "the program aborted (SIGABRT)",
  137: "it was killed (SIGKILL), for memory or after it had not ended in time",
  139: "the program crashed (SIGSEGV)",
  143: "it was asked to end (SIGTERM)",
};

/** Plain words for what the last lines of a log give away; the first that fits counts. */
export function logHint(lines: readonly string[]): string {
  const text = lines.join("\n");
  return HINTS.find(([pattern]) => pattern.test(text))?.[1] ?? "";
}

const HINTS: readonly [pattern: RegExp, hint: string][] = [
  [/x509: certificate has expired|certificate has expired/i, "A certificate that it relies on has expired."],
  [
    /x509:|certificate verify failed|unable to get local issuer/i,
    "It does not trust the certificate of what it connects to.",
  ],
  [/no space left on device|disk quota exceeded/i, "A volume or disk that it writes to is full."],
  [
    /no such host|name or service not known|name resolution|ENOTFOUND|EAI_AGAIN/i,
    "A host name that it needs does not resolve.",
  ],
  [/connection refused|ECONNREFUSED/i, "Something that it needs does not accept connections."],
  [
    /password authentication failed|access denied for user|401 unauthorized|invalid credentials/i,
    "Its credentials are refused.",
  ],
  [/address already in use|EADDRINUSE/i, "Its port is taken already."],
  [/exec format error/i, "The image is made for another processor architecture than the node's."],
  [/permission denied|EACCES|read-only file system/i, "It lacks the right to a file or an operation."],
  [/out of memory|OutOfMemoryError|heap out of memory|cannot allocate memory/i, "It runs out of memory."],
  [/no such file or directory|ENOENT/i, "A file that it needs is not there."],
  [/timed out|timeout|deadline exceeded|ETIMEDOUT/i, "Something that it needs does not answer in time."],
];
