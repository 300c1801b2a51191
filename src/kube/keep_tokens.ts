import { basename, dirname, join } from "node:path";
import type { OidcTokens } from "./oidc_provider.ts";

/** Writes renewed tokens back into the kubeconfig they came from, as kubectl does: a provider that gives each refresh token
 * only once would refuse the old one next time. Everything else in the file stays as it is.
 *
 * Where it cannot be written (it may belong to somebody else, or kubectl may hold its lock), the tokens serve this run alone.
 * @returns false then */
export async function keepTokens(
  { file, name }: { file: string; name: string },
  { idToken, refreshToken }: OidcTokens,
): Promise<boolean> {
  let lock: string | undefined;
  let fresh: string | undefined;
  try {
    const target = await Deno.realPath(file);
    (await Deno.open(`${target}.lock`, { write: true, createNew: true })).close();
    lock = `${target}.lock`;
    const text = await replaceTokens(await Deno.readTextFile(target), name, {
      "id-token": idToken,
      ...(refreshToken === undefined ? {} : { "refresh-token": refreshToken }),
    });
    if (text === undefined) return false;
    const { mode } = await Deno.stat(target);
    const temporary = join(dirname(target), `.${basename(target)}.${crypto.randomUUID()}`);
    await Deno.writeTextFile(temporary, text, { createNew: true, mode: (mode ?? 0o600) & 0o777 });
    fresh = temporary;
    await Deno.rename(fresh, target);
    fresh = undefined;
    return true;
  } catch {
    return false;
  } finally {
    for (const left of [fresh, lock]) if (left !== undefined) await Deno.remove(left).catch(() => {});
  }
}

/** Replaces the values that are there. @returns undefined when none is */
async function replaceTokens(
  text: string,
  userName: string,
  tokens: Record<string, string>,
): Promise<string | undefined> {
  const { isScalar, parseDocument } = await import("yaml");
  const document = parseDocument(text);
  const users = (document.toJS() as { users?: { name?: unknown }[] }).users ?? [];
  const at = users.findIndex(({ name }) => String(name) === userName);
  const edits: { start: number; end: number; value: string }[] = [];
  for (const [name, value] of Object.entries(tokens)) {
    const node = document.getIn(["users", at, "user", "auth-provider", "config", name], true);
    if (!isScalar(node) || !node.range) continue;
    edits.push({ start: node.range[0], end: node.range[1], value: JSON.stringify(value) });
  }
  if (edits.length === 0) return undefined;
  let edited = text;
  for (const { start, end, value } of edits.sort((a, b) => b.start - a.start)) {
    edited = edited.slice(0, start) + value + edited.slice(end);
  }
  return edited;
}
