import { CredentialError } from "../../core/credential_reference.ts";
import { EXECUTION_ENV, WORK_ENV } from "../../core/execution_mark.ts";
import { runBounded } from "../../core/run_bounded.ts";
import type { CredentialSource } from "../credential_source.ts";
import { MAX_SECRET_BYTES } from "../secret_file.ts";

const TIMEOUT_MS = 10_000;
/** What it gets of the environment: nothing that could be a secret. */
const PASSED_ON = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "LANG",
  "LC_ALL",
  "LC_CTYPE",
  "TZ",
  "TMPDIR",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "XDG_RUNTIME_DIR",
  EXECUTION_ENV,
  WORK_ENV,
  ...Deno.build.os === "windows"
    ? ["SystemRoot", "SystemDrive", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PATHEXT", "TEMP", "TMP", "Path"]
    : [],
];

export const exec: CredentialSource<"exec"> = {
  scheme: "exec",
  summary: "what a program prints",
  async read({ program, args }, { env, clock }) {
    const fail = (why: string, hint: string) =>
      new CredentialError(`The credentials are said to come from the program ${program}, ${why}`, hint);
    const info = await Deno.stat(program).catch(() => undefined);
    if (info === undefined) throw fail("which is not there", "Check the path, and the account this program runs as");
    if (Deno.build.os !== "windows" && ((info.mode ?? 0) & 0o002) !== 0) {
      throw fail("which every account may change", `Run: chmod o-w "${program}"`);
    }
    const ended = await runBounded(program, {
      args,
      env: Object.fromEntries(PASSED_ON.flatMap((name) => env[name] === undefined ? [] : [[name, env[name]]])),
      timeoutMs: TIMEOUT_MS,
      maxOutputBytes: MAX_SECRET_BYTES,
      clock,
    }).catch((error) => {
      const why = error instanceof Deno.errors.PermissionDenied ? "which may not be run" : "which cannot be run";
      throw fail(why, "Check that it is a program, and that this account may run it");
    });
    if (ended.timedOut) throw fail(`which did not end within ${TIMEOUT_MS / 1000} s`, "It must not ask or wait");
    // What it says is not repeated: programs print secrets with their complaints, too.
    if (!ended.success) {
      throw fail(
        `which ended with ${ended.signal ?? `exit code ${ended.code}`}`,
        "Run it by hand as this account, with no more environment than PATH and HOME",
      );
    }
    if (ended.cut) throw fail(`which printed more than ${MAX_SECRET_BYTES} bytes`, "It must print the secret alone");
    const text = new TextDecoder().decode(ended.stdout);
    if (text.trim() === "") throw fail("which printed nothing", "It must print the secret to standard output");
    return text;
  },
};
