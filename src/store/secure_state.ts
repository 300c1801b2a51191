import { join } from "node:path";
import { describeError } from "../core/errors.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import { StoreError } from "./store_error.ts";

/** Access of the group or of others, in a file's mode. */
const OF_OTHERS = 0o077;
const STICKY = 0o1000;
const MAX_NOTES = 10;

/** What a state folder has at its top. */
const OWN_NAMES =
  /^(store\.db.*|bundles|work|logs|tokens|backups?|templates|spool|lost\+found|audit\.jsonl.*|\.?credentials\..*|\.?vault\.key.*|daemon\..*|config\.yaml)$/;

/** Sees to it that a state folder, and what lies in it, is its owner's alone: what is open to others is closed (0700, files
 * 0600). A folder that is not there yet is well. Does nothing on Windows, where the profile's access lists say who may.
 * @param options `deep`: looks into the folders of the state folder too
 * @returns what others could access until now, or still can, in sentences
 * @throws {StoreError} `STATE_FOREIGN` for a folder of another account, `STATE_OPEN` for one that is open to others and
 * holds more than a scheduler's state: closing it could take something else from them */
export async function secureState(state: StateFolder, options: { deep?: boolean } = {}): Promise<string[]> {
  const own = Deno.uid();
  const folder = await infoOf(state.root);
  if (own === null || folder === undefined || !folder.isDirectory) return [];
  if (folder.uid !== own) throw foreign(state.root, folder, own);
  const entries = await entriesOf(state.root);
  const exposed = isOpen(folder);
  if (exposed && ((folder.mode! & STICKY) !== 0 || !looksOwn(entries))) throw shared(state.root, folder);

  const notes: string[] = [];
  const close = async (path: string, info: Deno.FileInfo) => {
    const mode = info.mode! & 0o7777 & ~OF_OTHERS;
    const open = `open to other accounts (mode ${octal(info)})`;
    try {
      await Deno.chmod(path, mode);
      // In a folder that nobody else could enter, nothing was open.
      if (exposed) notes.push(`${path} was ${open}, and is not any more`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) notes.push(`${path} stays ${open}: ${describeError(error)}`);
    }
  };
  const visit = async (path: string, isSymlink: boolean) => {
    const info = await infoOf(path);
    if (info === undefined) return;
    if (info.uid !== own && info.uid !== 0) notes.push(`${path} belongs to another account (uid ${info.uid})`);
    else if (isOpen(info) && isSymlink) {
      notes.push(`${path} leads to what other accounts may access (mode ${octal(info)})`);
    } else if (isOpen(info) && info.uid === own) await close(path, info);
    if (!options.deep || isSymlink || !info.isDirectory) return;
    for (const entry of await entriesOf(path)) await visit(join(path, entry.name), entry.isSymlink);
  };
  if (exposed) await close(state.root, folder);
  for (const { name, isSymlink } of entries) await visit(join(state.root, name), isSymlink);
  return notes.length <= MAX_NOTES
    ? notes
    : [...notes.slice(0, MAX_NOTES), `${notes.length - MAX_NOTES} further files were open to other accounts, too`];
}

function isOpen({ mode, isSocket }: Deno.FileInfo): boolean {
  return mode !== null && (mode & OF_OTHERS) !== 0 && !isSocket;
}

function looksOwn(entries: Deno.DirEntry[]): boolean {
  return entries.every(({ name }) => OWN_NAMES.test(name)) || entries.some(({ name }) => name === "store.db");
}

async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new StoreError(`The state folder ${folder} cannot be read`, {
      cause: error,
      code: "STATE_NOT_READABLE",
      hint: "Give this account access to it, or name another folder with TROUBLESHOOT_SCHEDULER_DIR",
    });
  }
}

/** Of what a link leads to; undefined when nothing is there. */
async function infoOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch {
    return undefined; // gone meanwhile, or a link into nowhere
  }
}

function foreign(root: string, { uid }: Deno.FileInfo, own: number): StoreError {
  return new StoreError(`The state folder ${root} belongs to another account: to uid ${uid}, not to ${own}`, {
    code: "STATE_FOREIGN",
    hint: "Run this as that account, or name a folder of your own with TROUBLESHOOT_SCHEDULER_DIR",
  });
}

function shared(root: string, info: Deno.FileInfo): StoreError {
  return new StoreError(
    `The state folder ${root} is open to other accounts (mode ${octal(info)}), and holds more than a scheduler's state`,
    { code: "STATE_OPEN", hint: "Name a folder of its own with TROUBLESHOOT_SCHEDULER_DIR" },
  );
}

function octal({ mode }: Deno.FileInfo): string {
  return (mode! & 0o7777).toString(8).padStart(4, "0");
}
