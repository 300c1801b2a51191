import type { Clock } from "../core/clock.ts";
import { CredentialError } from "../core/credential_reference.ts";
import { UsageError } from "../core/errors.ts";
import { type BoundedEnd, runBounded } from "../core/run_bounded.ts";

type Env = Readonly<Record<string, string | undefined>>;

interface KeychainTool {
  program: string;
  install: string;
  /** What finds the value, on standard output. */
  find(account: string): string[];
  /** What keeps it: arguments, and standard input. The value is in the latter alone: others see arguments. */
  keep(account: string, value: string): { args: string[]; stdin: string };
}

const SERVICE = "support-bundle-vault";
const TIMEOUT_MS = 20_000;
const MAX_BYTES = 64 * 1024;

/** @see https://gnome.pages.gitlab.gnome.org/libsecret/libsecret-simple-api.html and security(1) of macOS */
const TOOLS: Partial<Record<typeof Deno.build.os, KeychainTool>> = {
  linux: {
    program: "secret-tool",
    install: "Install secret-tool (libsecret-tools), and see to it that a keyring runs and is unlocked",
    find: (account) => ["lookup", "service", SERVICE, "account", account],
    keep: (account, value) => ({
      args: ["store", "--label=support-bundle vault", "service", SERVICE, "account", account],
      stdin: value,
    }),
  },
  darwin: {
    program: "/usr/bin/security",
    install: "Unlock the keychain: security unlock-keychain",
    find: (account) => ["find-generic-password", "-s", SERVICE, "-a", account, "-w"],
    // `security -i` reads commands; `-U` replaces.
    keep: (account, value) => ({
      args: ["-i"],
      stdin: `add-generic-password -U -s ${SERVICE} -a "${account.replace(/["\\]/g, "\\$&")}" -w "${value}"\n`,
    }),
  },
};

/** One secret in the keychain of this account: of GNOME, KDE and others by `secret-tool`, of macOS by `security`. */
export class Keychain {
  /** By operating system. */
  static readonly tools = TOOLS;

  /** @param account what the secret is called; the same always */
  constructor(
    private readonly account: string,
    private readonly context: { env: Env; clock: Clock },
    private readonly tool = Keychain.tools[Deno.build.os],
  ) {}

  /** @returns undefined when it has none
   * @throws {CredentialError} */
  async find(): Promise<string | undefined> {
    const { program, find } = this.#tool();
    const ended = await this.#run(program, find(this.account));
    const value = new TextDecoder().decode(ended.stdout).trim();
    return ended.success && value !== "" ? value : undefined;
  }

  /** @param value without quotes and line ends
   * @throws {CredentialError} */
  async keep(value: string): Promise<void> {
    const { program, keep, install } = this.#tool();
    const { args, stdin } = keep(this.account, value);
    const ended = await this.#run(program, args, stdin);
    // `security -i` succeeds whatever its commands do.
    if (ended.success && await this.find() === value) return;
    throw new CredentialError("The system's keychain did not keep the key of the vault", install);
  }

  #tool(): KeychainTool {
    if (this.tool !== undefined) return this.tool;
    throw new UsageError(
      `This program does not know the keychain of ${Deno.build.os}`,
      "Keep the key in a file (--key file) or in a variable (--key env)",
    );
  }

  async #run(program: string, args: string[], stdin?: string): Promise<BoundedEnd> {
    const { env, clock } = this.context;
    const present = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const ended = await runBounded(program, {
      args,
      env: Object.fromEntries(present.filter(([name]) => !name.startsWith("TROUBLESHOOT_"))),
      stdin,
      timeoutMs: TIMEOUT_MS,
      maxOutputBytes: MAX_BYTES,
      clock,
    }).catch((error) => {
      const why = error instanceof Deno.errors.NotFound ? "is not installed" : "cannot be run";
      throw new CredentialError(`The system's keychain cannot be asked: ${program} ${why}`, this.#tool().install);
    });
    if (!ended.timedOut) return ended;
    throw new CredentialError(
      `The system's keychain did not answer within ${TIMEOUT_MS / 1000} s`,
      "Unlock it: nobody is asked here",
    );
  }
}
