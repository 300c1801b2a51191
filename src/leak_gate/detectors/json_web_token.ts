import { type Detector, matchAt, type Span } from "../detector.ts";

// Signed, or encrypted, which has five parts. One without its payload is a signature of something public.
const SHAPE = /(?<![\w-])(eyJ[\w-]{8,})\.(?:[\w-]{8,8000}\.[\w-]{16,}|[\w-]{0,8000}\.[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,})/y;

/** A JSON Web Token whose header decodes to the JSON of one. */
export const jsonWebToken: Detector = {
  id: "json-web-token",
  anchors: ["eyj"],
  find(text, at): Span | undefined {
    const match = matchAt(SHAPE, text, at);
    return match !== null && isHeader(match[1]!) ? { start: at, end: at + match[0].length } : undefined;
  },
};

function isHeader(part: string): boolean {
  try {
    const header = JSON.parse(atob(part.replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/")));
    return typeof header.alg === "string";
  } catch {
    return false;
  }
}
