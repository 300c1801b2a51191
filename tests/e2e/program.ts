import { join } from "node:path";

/** The compiled binary; without one, the end-to-end tests are skipped. */
export const BINARY = Deno.env.get("TEST_BINARY");

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: string;
}

/** A folder of its own for one test, with the state folder of a scheduler in it. What was started there is ended, and all
 * of it removed, when it is disposed. */
export class Sandbox implements AsyncDisposable {
  private constructor(
    readonly folder: string,
    private readonly binary: string | undefined,
    readonly state = join(folder, "state"),
  ) {}

  /** @param binary another one than the one that is tested
   * @param state a state folder that is elsewhere */
  static async create(binary = BINARY, state?: string): Promise<Sandbox> {
    return new Sandbox(await Deno.makeTempDir({ prefix: "e2e-" }), binary, state);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, text: string): Promise<string> {
    await Deno.writeTextFile(this.path(name), text);
    return this.path(name);
  }

  /** Environment of every command: nothing of the machine but its PATH, so that no kubeconfig is found by chance. */
  env(more: Record<string, string> = {}): Record<string, string> {
    return { PATH: Deno.env.get("PATH") ?? "", HOME: this.folder, TROUBLESHOOT_SCHEDULER_DIR: this.state, ...more };
  }

  spawn(args: string[], options: RunOptions = {}): Deno.ChildProcess {
    return new Deno.Command(this.binary!, {
      args,
      cwd: options.cwd ?? this.folder,
      env: this.env(options.env),
      clearEnv: true,
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  async run(args: string[], options: RunOptions = {}): Promise<Ended> {
    const child = this.spawn(args, options);
    if (options.stdin !== undefined) {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(options.stdin));
      await writer.close();
    }
    const { code, stdout, stderr } = await child.output();
    return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  }

  /** Runs a command that prints JSON. */
  // deno-lint-ignore no-explicit-any -- each command has its own shape
  async json(args: string[], options: RunOptions = {}): Promise<any> {
    const { code, stdout, stderr } = await this.run([...args, "-o", "json"], options);
    if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Files of a tar.gz by path below its root folder, as text. */
  async unpack(archive: string): Promise<Map<string, string>> {
    const folder = await Deno.makeTempDir({ dir: this.folder });
    const { success } = await new Deno.Command("tar", { args: ["xzf", archive, "-C", folder] }).output();
    if (!success) throw new Error(`tar cannot open ${archive}`);
    const files = new Map<string, string>();
    const visit = async (at: string, prefix: string) => {
      for await (const { name, isDirectory, isFile } of Deno.readDir(at)) {
        const path = prefix === "" ? name : `${prefix}/${name}`;
        if (isDirectory) await visit(join(at, name), path);
        else if (isFile) files.set(path.slice(path.indexOf("/") + 1), await Deno.readTextFile(join(at, name)));
      }
    };
    await visit(folder, "");
    return files;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.binary !== undefined) await this.run(["schedule", "daemon", "stop"]).catch(() => {});
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Asks again and again until there is an answer; real processes have no clock that a test could turn. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, timeoutMs = 60_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
}
