/** What a registry asks for in a 401 (`WWW-Authenticate`). */
export type Challenge =
  | { scheme: "basic" }
  | { scheme: "bearer"; realm: string; service?: string; scope?: string };

const SCHEME = /[\s,]*([A-Za-z][A-Za-z0-9-]*)(?=[\s,]|$)(?!\s*=)/y;
const PARAMETER = /[\s,]*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*))/y;

/** Reads the header, which may hold several challenges: Bearer is taken before Basic.
 * @returns undefined when it holds none that is known
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.www-authenticate
 * @see https://distribution.github.io/distribution/spec/auth/token/ */
export function parseChallenge(header: string | null): Challenge | undefined {
  let basic: Challenge | undefined;
  for (const { scheme, parameters } of readChallenges(header ?? "")) {
    const { realm, service, scope } = parameters;
    if (scheme === "bearer" && realm) return { scheme, realm, service, scope };
    if (scheme === "basic") basic ??= { scheme };
  }
  return basic;
}

function readChallenges(text: string): { scheme: string; parameters: Record<string, string | undefined> }[] {
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  for (let at = 0; at < text.length;) {
    const parameter = matchAt(PARAMETER, text, at);
    const match = parameter ?? matchAt(SCHEME, text, at);
    if (match === undefined) break;
    at += match[0].length;
    if (parameter === undefined) found.push({ scheme: match[1]!.toLowerCase(), parameters: {} });
    else {
      const value = match[2]?.replace(/\\(.)/g, "$1") ?? match[3]!;
      const last = found.at(-1);
      if (last === undefined) break;
      last.parameters[match[1]!.toLowerCase()] = value;
    }
  }
  return found;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
