import { type Detector, matchAt, type Span } from "../detector.ts";

const LABEL = "PRIVATE KEY(?: BLOCK)?-----";
const BEGIN = new RegExp(`(?<=-----BEGIN (?:[A-Z0-9]{1,12} ){0,2})${LABEL}`, "y");
const END = new RegExp(`(?<=-----END (?:[A-Z0-9]{1,12} ){0,2})${LABEL}`, "y");
/** A line of a key: digits of base64, and none of the words that stand around them. */
const KEY_LINE =
  /(?<![A-Za-z0-9+\/])(?=[A-Za-z0-9+\/]{0,40}\d)(?=[A-Za-z0-9+\/]{0,60}[a-z])(?=[A-Za-z0-9+\/]{0,60}[A-Z])[A-Za-z0-9+\/]{24,}={0,2}/;
const HEAD = 700, TAIL = 300;

/** Private keys in PEM (PKCS#1, PKCS#8, SEC 1, OpenSSH, OpenPGP): either end of one, with a line of it. */
export const privateKey: Detector = {
  id: "private-key",
  anchors: ["private key-----", "private key block-----"],
  find(text, at): Span | undefined {
    if (matchAt(BEGIN, text, at) !== null) {
      const from = BEGIN.lastIndex;
      const body = text.slice(from, from + HEAD);
      const end = body.indexOf("-----");
      const line = KEY_LINE.exec(end < 0 ? body : body.slice(0, end));
      return line === null ? undefined : { start: from + line.index, end: from + line.index + line[0].length };
    }
    if (matchAt(END, text, at) === null) return undefined;
    const to = text.lastIndexOf("-----END", at);
    const from = Math.max(text.lastIndexOf("-----", to - 1) + 5, to - TAIL);
    const line = KEY_LINE.exec(text.slice(from, to));
    return line === null ? undefined : { start: from + line.index, end: from + line.index + line[0].length };
  },
};

/** Private keys of PuTTY and of age. */
export const otherPrivateKey: Detector = {
  id: "private-key",
  anchors: ["private-lines: ", "age-secret-key-1"],
  find(text, at): Span | undefined {
    const match = matchAt(OTHER, text, at);
    return match === null ? undefined : { start: at, end: at + match[0].length };
  },
};

const OTHER = /Private-Lines: \d{1,3}\s{1,4}[A-Za-z0-9+\/]{40,}|AGE-SECRET-KEY-1[0-9AC-HJ-NP-Z]{58}/y;
