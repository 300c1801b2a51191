import { type Detector, matchAt, type Span } from "../detector.ts";
import { literalOf } from "../literal.ts";

const AUTHORITY = /:\/\/[^\s\/?#@:"'<>\\`]{0,100}:([^\s@"'<>\\`]{3,300})@/y;
/** `user:password@tcp(host)/db`, of Go's drivers of MySQL. */
const MYSQL = /(?<=[\w.%-]{1,60}:([^\s@:"'<>\\`\/]{3,200}))@(?:tcp|unix)\(/y;
const ORACLE = /oracle:(?:thin|oci):[^\s\/"'@]{1,60}\/([^\s@"']{3,200})@/y;
/** `curl -u name:password`. */
const OPTION = / (?:-u|--user)[ =]["']?[\w.@-]{1,60}:([^\s"']{6,300})(?=[\s"'])/y;
const PLACEHOLDER = /^(?:password|passwd|pass|pwd|pw|secret|token|changeme|[xX.*]+|-+|\d{1,5})$/i;

/** A URL, or another address of a server, with a password in it. */
export const urlPassword: Detector = {
  id: "url-password",
  anchors: ["://", "@tcp(", "@unix(", "oracle:thin:", "oracle:oci:", " -u ", " --user "],
  find(text, at): Span | undefined {
    const first = text[at];
    const pattern = first === ":" ? AUTHORITY : first === "@" ? MYSQL : first === " " ? OPTION : ORACLE;
    const match = matchAt(pattern, text, at);
    if (match === null) return undefined;
    const password = literalOf(match[1]!);
    if (password.length < 3 || PLACEHOLDER.test(password) || /^(?:\d{1,5})?[\/,)\]}]/.test(match[1]!)) return undefined;
    const start = first === "@" ? at - match[1]!.length : at + match[0].lastIndexOf(match[1]!);
    return { start, end: start + match[1]!.length };
  },
};
