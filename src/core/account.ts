import { userInfo } from "node:os";

/** Who runs this process, as the operating system knows it; no variable of the environment is asked. */
export interface Account {
  /** Undefined on Windows. */
  uid?: number;
  /** Undefined where the machine has no name for the uid. */
  name?: string;
  /** Names and numbers; empty when they were not asked for. */
  groups: readonly string[];
}

/** The account of this process.
 * @param options `groups`: asks for them too, which starts a process */
export async function currentAccount(options: { groups?: boolean } = {}): Promise<Account> {
  let name: string | undefined;
  try {
    name = userInfo().username;
  } catch {
    // A container may run as a number that nobody gave a name.
  }
  return { uid: Deno.uid() ?? undefined, name, groups: options.groups ? await currentGroups() : [] };
}

/** How records call an account: `alice`, or `uid 4711`. */
export function accountLabel({ uid, name }: Pick<Account, "uid" | "name">): string {
  return name ?? `uid ${uid ?? "unknown"}`;
}

const DIRECTORIES_OF_ID = ["/usr/bin", "/bin", "/run/current-system/sw/bin"];

/** Names and numbers of this process's groups. `id` knows those of a directory service too; without it, the kernel's numbers
 * and the names of `/etc/group` are what there is. None on Windows. */
async function currentGroups(): Promise<string[]> {
  if (Deno.build.os === "windows") return [];
  for (const directory of DIRECTORIES_OF_ID) { // not the PATH: that is the caller's to choose
    const numbers = await run(`${directory}/id`, "-G");
    if (numbers === undefined) continue;
    // A name may have spaces (`domain users`); NUL between them is GNU's.
    const names = await run(`${directory}/id`, "-Gnz") ?? await run(`${directory}/id`, "-Gn");
    return [...numbers.trim().split(/\s+/), ...splitNames(names ?? "")];
  }
  return await groupsOfKernel();
}

function splitNames(text: string): string[] {
  return text.split(text.includes("\0") ? "\0" : /\s+/).filter((name) => name !== "");
}

async function run(program: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program, {
      args,
      clearEnv: true,
      env: { LC_ALL: "C" },
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(10_000),
    }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined;
  }
}

/** As far as the machine knows them without a directory service, and on Linux alone. */
export async function groupsOfKernel(): Promise<string[]> {
  const status = await Deno.readTextFile("/proc/self/status").catch(() => "");
  const numbersOf = (field: string) =>
    new RegExp(`^${field}:(.*)$`, "m").exec(status)?.[1]?.trim().split(/\s+/).filter((part) => part !== "") ?? [];
  const numbers = new Set([...numbersOf("Groups"), String(numbersOf("Gid")[1] ?? Deno.gid() ?? "")]);
  numbers.delete("");
  return namedGroups(numbers, await Deno.readTextFile("/etc/group").catch(() => ""));
}

/** The numbers, and the names that a text in the form of `/etc/group` has for them. */
export function namedGroups(numbers: ReadonlySet<string>, etcGroup: string): string[] {
  const names = etcGroup.split("\n").map((line) => line.split(":")).filter(([, , gid]) => numbers.has(gid ?? ""));
  return [...numbers, ...names.map(([name]) => name!)];
}
