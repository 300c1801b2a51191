import type { RedactionRule } from "../rule.ts";

const part = "eyJhbGciOiJub25lIn0";

export const jsonWebToken: RedactionRule = {
  id: "json-web-token",
  why: "A signed token is accepted from whoever shows it: service accounts, sessions, licences",
  keywords: ["eyj"],
  pattern: /(?<![A-Za-z0-9_-])(?<mask>eyJ[\w-]{8,4096}(?:\.[\w-]{0,16384}){2,4})/g,
  hides: [
    `cached ${part}.${part}.c2lnbmF0dXJl for a while`,
    `mounted token ${part}.${part}.c2lnbmF0dXJl`,
    `?jwt=${part}.${part}.x&y=1`,
  ],
  keeps: ["eyJust a word", `payload ${part}`, `${part}.txt`],
};
