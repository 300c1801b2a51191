import { fromBase64 } from "../latin1.ts";
import type { Findings, RedactionRule, RuleLine } from "../rule.ts";
import { looksGenerated, looksTyped } from "../secret_value.ts";

/** What clients say to servers that ask for a password in the clear: Redis, FTP, POP3, IMAP, SMTP, IRC. */
export const protocolLogin: RedactionRule = {
  id: "protocol-login",
  why: "A trace of a login shows the password",
  keywords: ["auth ", 'auth"', "pass ", "login ", "requirepass", "db.auth("],
  find: findLogin,
  hides: [
    "AUTH hunter2x",
    'AUTH default "hunter2x"',
    '1712 [0 10.0.0.1:1] "AUTH" "hunter2x"',
    '"CONFIG" "SET" "requirepass" "hunter2x"',
    "CONFIG SET requirepass hunter2x",
    "> PASS hunter2x",
    "a1 LOGIN bob hunter2x",
    "C: AUTH PLAIN " + btoa("\0bob\0hunter2x"),
    'db.auth("shop", "hunter2x")',
  ],
  keeps: [
    "PASS src/app.test.js",
    "PASS 12 of 12",
    "auth failed",
    "AUTH required",
    "Last login: Mon",
    "LOGIN page loaded",
    "--- PASS TestX2 (0.00s)",
  ],
};

const COMMANDS = [
  /(?:^|[>\]"'] ?|C: ?)AUTH (?:[\w.-]{1,60} )?\\?["']?(?<value>[^\s"'\\]{4,400})\\?["']?\s*$/d,
  /"AUTH"(?: "[^"\s]{1,60}")? "(?<value>[^"\s]{4,400})"/d,
  /(?:^|[>\]"'] ?|C: ?)PASS (?<value>[^\s"'\\]{4,200})\s*$/d,
  /(?:^|[>\]"'] ?|C: ?)[A-Za-z]?\d{1,6} LOGIN "?[\w.@+-]{1,100}"? "?(?<value>[^\s"]{4,200})"?\s*$/d,
  /"?CONFIG"? "?SET"? "?requirepass"? "?(?<value>[^\s"\\]{1,400})/id,
  /\bdb\.auth\(\s?\\?["'][\w.@-]{1,100}\\?["'],\s?\\?["'](?<value>[^"'\\\s]{1,400})/d,
];
const SASL = /\bAUTH(?:ENTICATE)? (?:PLAIN|LOGIN|XOAUTH2) (?<value>[A-Za-z0-9+\/]{8,4000}={0,2})/d;

function findLogin(line: RuleLine): Findings {
  const sasl = SASL.exec(line.text);
  if (sasl !== null && fromBase64(sasl.groups!.value!) !== "") return { hide: [spanOf(sasl)] };
  for (const [i, command] of COMMANDS.entries()) {
    const match = command.exec(line.text);
    if (match === null) continue;
    const value = match.groups!.value!;
    if (i > 3 || isLogin(value)) return { hide: [spanOf(match)] };
  }
  return { hide: [] };
}

/** No name of a test file, no word. */
function isLogin(value: string): boolean {
  return (looksTyped(value) || looksGenerated(value)) && !/\/|\.\w{1,4}$/.test(value);
}

function spanOf(match: RegExpExecArray): { start: number; end: number } {
  const [start, end] = match.indices!.groups!.value!;
  return { start, end };
}

/** A password given to a program by what stands before it: `echo x | passwd --stdin`, `sudo -S <<< x`. */
export const pipedPassword: RedactionRule = {
  id: "piped-password",
  why: "A command line in a script or a log shows the password it was given",
  keywords: ["echo ", "printf ", "<<<", "securestring", "-value"],
  pattern:
    /(?:\b(?:echo|printf)\s{1,4}(?:-n\s|["']?%s\\?n?["']?\s)?(?:\\?["'](?![$<])(?:[\w.-]{1,60}:(?=[^"'|]{1,200}\\?["']\s?\|\s?(?:sudo\s)?chpasswd))?(?<mask1>[^"'\\\r\n|]{3,200})\\?["']|(?![$<\-"'\\])(?<mask2>[^\s|"'\\]{3,200}))\s{0,4}\|\s{0,4}(?:sudo\s(?!-S))?(?:\S{1,100}\/)?(?:passwd\s|chpasswd|sudo\s{1,4}(?:\S{1,40}\s)?-S|(?:docker|podman|helm|oras|crane|nerdctl)\s[^|;]{0,200}--password-stdin|gh\sauth|vault\slogin|cryptsetup|gpg\s[^|;]{0,200}--passphrase-fd|faillock|su\s)|(?:sudo\s[^|;]{0,40}-S[^|;]{0,100}|--password-stdin|passwd\s[^|;]{0,60}--stdin[^|;]{0,40}|cryptsetup[^|;]{0,100}|--passphrase-fd 0[^|;]{0,100})<<<\s{0,4}\\?["']?(?![$"'\\])(?<mask3>[^\s"'\\|;]{3,200})|ConvertTo-SecureString\s{1,4}(?:-String\s{1,4})?\\?["'](?!\$)(?<mask4>[^"'\\\r\n]{1,200})|-Path\s{1,4}env:\w{0,60}(?:KEY|TOKEN|PASS|PASSWORD|SECRET)\s{1,4}-Value\s{1,4}\\?["']?(?![$"'\\])(?<mask5>[^\s"'\\|;]{3,200}))/gi,
  hides: [
    "echo 'hunter2' | passwd --stdin root",
    "echo hunter2 | sudo -S ls",
    'echo "root:hunter2" | chpasswd',
    'echo "hunter2" | docker login --password-stdin -u x',
    'sudo -S ls <<< "hunter2"',
    "ConvertTo-SecureString 'hunter2' -AsPlainText -Force",
    "Set-Item -Path env:API_KEY -Value hunter2",
  ],
  keeps: [
    'echo "$PASSWORD" | passwd --stdin root',
    "echo done | tee /tmp/log",
    "echo hello | grep passwd",
    "ConvertTo-SecureString $value",
    "Set-Item -Path env:MODE -Value production",
  ],
};

/** A field of a form, with its value two lines below: `multipart/form-data`. */
export const formField: RedactionRule = {
  id: "form-field",
  why: "The body of a login's request has the password in it",
  keywords: ["form-data; name="],
  find(line) {
    const left = line.carried as number | undefined;
    const field = /form-data; name="?[\w.-]{0,60}(?:pass|pwd|secret|token|key)[\w.-]{0,60}"?/i.test(line.text);
    if (field) return { hide: [], carry: 3 };
    const value = line.text.trim();
    if (left === undefined || value.startsWith("--")) return { hide: [] };
    if (value === "" || /^[\w-]{1,40}: /.test(value)) return { hide: [], carry: left > 1 ? left - 1 : undefined };
    const start = line.text.indexOf(value);
    return { hide: [{ start, end: start + value.length }] };
  },
  hides: ['Content-Disposition: form-data; name="password"\r\n\r\nhunter2\r\n--x'],
  keeps: ['Content-Disposition: form-data; name="file"\r\n\r\nhunter2', 'form-data; name="token"\r\n\r\n--x--'],
};

export const protocolLogins: RedactionRule[] = [protocolLogin, pipedPassword, formField];
