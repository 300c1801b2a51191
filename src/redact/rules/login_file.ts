import type { RedactionRule } from "../rule.ts";

const why = "Files of logins have passwords by their place on the line, without a name";

/** `host:port:database:user:password` */
export const pgpassFile: RedactionRule = {
  id: "pgpass-file",
  why,
  keywords: [":"],
  files: /(?:^|\/)\.?pgpass(?:\.conf)?$/,
  proofPath: "home/.pgpass",
  pattern:
    /^(?!#)(?:[^:\\\r\n]|\\.){1,255}:(?:\d{1,5}|\*):(?:[^:\\\r\n]|\\.){1,255}:(?:[^:\\\r\n]|\\.){1,255}:(?<mask>[^\r\n]{1,400})/g,
  hides: ["db.shop:5432:orders:shop:hunter2", "*:*:*:bob:hun\\:ter2"],
  keeps: ["# host:5432:db:user:password", "db.shop:5432"],
};

/** Postfix, `chap-secrets`, `rsyncd.secrets` and their like: `host name:password`, `client server secret addresses`. */
export const secretsFile: RedactionRule = {
  id: "secrets-file",
  why,
  keywords: [":", " ", "\t"],
  files: /(?:^|\/)(?:sasl_passwd|(?:chap|pap)-secrets|rsyncd\.secrets|\.?htdigest|passwd-s3fs)$/,
  proofPath: "etc/ppp/chap-secrets",
  pattern:
    /^(?!\s*#)(?:(?:\S{1,200}\s{1,20})?[^\s:]{1,200}(?::[^\s:]{1,100})?:(?<mask1>[^\s:]{1,400})\s*$|"?[^\s"]{1,100}"?\s{1,40}"?[^\s"]{1,100}"?\s{1,40}"?(?<mask2>[^\s"]{1,400}))/g,
  hides: ["bob * hunter2 *", 'alice pptpd "hunter2" *', "[smtp.example.net]:587 shop@example.net:hunter2"],
  keeps: ["# client server secret addresses", "bob *"],
};

/** cloud-init's `chpasswd`: a list of `name:password` lines. */
export const chpasswdList: RedactionRule = {
  id: "chpasswd-list",
  why: "The list sets the passwords of a machine's users",
  keywords: ["chpasswd"],
  find(line) {
    const begins = line.text.includes("chpasswd");
    const left = begins ? 30 : line.carried as number;
    const match = begins ? null : LOGIN_LINE.exec(line.text);
    const goesOn = begins || match !== null || /^\s*(?:#|list:|users:|expire:|$)/i.test(line.text);
    const carry = left > 1 && goesOn ? left - 1 : undefined;
    if (match === null) return { hide: [], carry };
    const value = match.groups!.value!, start = line.text.lastIndexOf(value);
    return { hide: [{ start, end: start + value.length }], carry };
  },
  hides: ["chpasswd:\n  list: |\n    root:hunter2\n    ubuntu:hunter2", "chpasswd <<EOF\nroot:hunter2\nEOF"],
  keeps: ["root:hunter2", "chpasswd:\n  expire: false\nname: x\nuid:1001"],
};

const LOGIN_LINE = /^\s*(?:- )?["']?[\w.-]{1,40}:(?<value>[^\s"':]{3,200})["']?\s*$/;

export const loginFiles: RedactionRule[] = [pgpassFile, secretsFile, chpasswdList];
