import type { Findings, RedactionRule, RuleLine, Span } from "../rule.ts";

/** Values of cookies, in the headers of requests and answers. */
export const cookie: RedactionRule = {
  id: "cookie",
  why: "A session's cookie is the session: whoever sends it is logged in",
  keywords: ["cookie"],
  find: findCookies,
  hides: [
    "> Cookie: theme=dark; sessionid=0123456789abcdef01; lang=en",
    "< Set-Cookie: JSESSIONID=0123456789abcdef01; Path=/; HttpOnly",
    '{"Cookie":"sid=0123456789abcdef01"}',
    'cookie="sid=0123456789abcdef01"',
    '{"h":"{\\"Set-Cookie\\":[\\"sid=0123456789abcdef01; Path=/\\"]}"}',
  ],
  keeps: [
    "server.servlet.session.cookie.name=SHOPSESSION",
    "Cookie: theme=dark; lang=en",
    "Set-Cookie: a=b; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/a/very/long/path",
    "cookie jar has 12 entries",
  ],
};

const HEADER = /\bcookies?\\{0,31}["']?\s{0,4}[:=]\s{0,4}\[?\s{0,80}\\{0,31}["']?/gi;
const PAIR = /\s{0,4}([\w.!#$%&'*+^`|~-]{1,120})(?:=([^;\s"'\\,]{0,8192}))?\s{0,4}(;?)/y;
const ATTRIBUTE = /^(?:path|domain|expires|max-age|samesite|version|priority)$/i;

function findCookies(line: RuleLine): Findings {
  const hide: Span[] = [];
  for (const header of line.text.matchAll(HEADER)) {
    PAIR.lastIndex = header.index + header[0].length;
    for (let count = 0; count < 100; count++) {
      const pair = PAIR.exec(line.text);
      if (pair === null) break;
      const [whole, name, value = "", more] = pair;
      if (isSecret(name!, value)) {
        const end = PAIR.lastIndex - (whole.length - whole.lastIndexOf(value) - value.length);
        hide.push({ start: end - value.length, end });
      }
      if (more !== ";") break;
    }
  }
  return { hide };
}

function isSecret(name: string, value: string): boolean {
  if (ATTRIBUTE.test(name)) return false;
  return value.length >= 16 && !/^[a-z]+(?:[-_.][a-z]+)*$/i.test(value) && !value.startsWith("*");
}
