import { type Findings, NOTHING, type RedactionRule, type RuleLine, type Span } from "../rule.ts";
import { isPlainlyNoSecret } from "../secret_value.ts";

/** Programs, and where on their command lines a password stands. */
interface Program {
  names: string;
  /** Options followed by it … */
  options?: string;
  /** … and options with which it is one word. */
  attached?: string;
  /** A word that must be among the arguments. */
  with?: string;
  /** Words after which it is the nth argument without a dash; 0: the next one. */
  after?: { word: string; nth: number }[];
  /** Of `name:password` and the like, only what follows this character. */
  behind?: string;
}

const PROGRAMS: Program[] = [
  {
    names: "mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlbinlog mariadb mariadb-dump mariadb-admin",
    attached: "-p",
    after: [{ word: "password", nth: 0 }],
  },
  { names: "sshpass", options: "-p", attached: "-p" },
  { names: "redis-cli", options: "-a --pass" },
  {
    names: "mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop",
    options: "-p",
    attached: "-p",
  },
  {
    names: "ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldapcompare ldapmodrdn ldappasswd",
    options: "-w",
    attached: "-w",
  },
  { names: "docker podman nerdctl helm buildah oras crane regctl skopeo az oc cf", options: "-p", with: "login" },
  { names: "skopeo buildah", options: "--creds --src-creds --dest-creds", behind: ":" },
  {
    names:
      "twine cqlsh hdbsql hdb beeline rdesktop ncftpput ncftpget elasticsearch-users rabbitmqadmin useradd usermod",
    options: "-p",
  },
  { names: "sqlcmd bcp tsql osql ipmitool zip unzip", options: "-P", attached: "-P" },
  { names: "7z 7za 7zr rar unrar", attached: "-p" },
  { names: "snmpwalk snmpget snmpset snmpbulkwalk snmpgetnext snmptrap snmptable", options: "-c -A -X" },
  { names: "smbclient rpcclient smbget", options: "-U", behind: "%" },
  { names: "lftp", options: "-u", behind: "," },
  { names: "xfreerdp wfreerdp cmdkey", attached: "/p: /pass:" },
  { names: "openssl", options: "-k -K" },
  { names: "sqlplus exp imp expdp impdp sqlldr rman", after: [{ word: "", nth: 0 }], behind: "/" },
  { names: "curl", attached: "-u", behind: ":" },
  { names: "curl etcdctl influx", options: "-u -U --user --proxy-user", behind: ":" },
  { names: "http https", options: "-a --auth", behind: ":" },
  {
    names: "rabbitmqctl",
    after: [{ word: "add_user", nth: 1 }, { word: "change_password", nth: 1 }, { word: "authenticate_user", nth: 1 }],
  },
  {
    names: "htpasswd",
    options: "",
    after: [{ word: "-b", nth: 2 }, { word: "-bc", nth: 2 }, { word: "-cb", nth: 2 }, { word: "-nb", nth: 1 }, {
      word: "-nbB",
      nth: 1,
    }, { word: "-bB", nth: 2 }],
  },
  { names: "vault bao", after: [{ word: "login", nth: 0 }] },
  { names: "mc", after: [{ word: "set", nth: 3 }, { word: "add", nth: 3 }] },
  { names: "db2", after: [{ word: "using", nth: 0 }] },
  { names: "ngrok", after: [{ word: "authtoken", nth: 0 }, { word: "add-authtoken", nth: 0 }] },
  {
    names: "nmcli",
    after: [{ word: "password", nth: 0 }, { word: "wifi-sec.psk", nth: 0 }, {
      word: "802-11-wireless-security.psk",
      nth: 0,
    }],
  },
  { names: "wpa_passphrase", after: [{ word: "", nth: 1 }] },
  { names: "pulumi", after: [{ word: "--secret", nth: 1 }] },
  {
    names: "npm yarn pnpm",
    after: [{ word: "_authToken", nth: 0 }, { word: "_password", nth: 0 }, { word: "_auth", nth: 0 }],
  },
  { names: "grafana-cli", after: [{ word: "reset-admin-password", nth: 0 }] },
];

/** What follows a program's short name beside an option. */
const SHORT: Record<string, string[]> = {
  az: ["az login"],
  oc: ["oc login"],
  cf: ["cf login"],
  mc: ["mc alias", "mc config"],
  db2: ["db2 connect"],
  exp: ["exp userid"],
  imp: ["imp userid"],
  npm: ["npm config", "npm set"],
  yarn: ["yarn config"],
  pnpm: ["pnpm config"],
  "7z": ["7z x", "7z a"],
  curl: ["curl "],
  bao: ["bao login"],
  helm: ["helm registry login"],
};

/** Passwords on the command lines of programs whose options do not say so: `mysql -phunter2`, `ldapsearch -w hunter2`, also as
 * a list of arguments, on one line or one a line. */
export const commandPassword: RedactionRule = {
  id: "command-password",
  why: "A command line in a process list, a script or a log shows the password it was given",
  keywords: [...new Set(PROGRAMS.flatMap(({ names }) => names.split(" ")).flatMap(keywordsOf))],
  find: findCommands,
  hides: [
    "mysql -h db -u root -phunter2 shop",
    "mysqladmin -u root password hunter2",
    "sudo: COMMAND=/usr/bin/sshpass -p 'hunter2' ssh a@b",
    '["redis-cli","-h","db","-a","hunter2","ping"]',
    '"command": [\n  "ldapsearch",\n  "-D",\n  "cn=admin",\n  "-w",\n  "hunter2"\n]',
    'test: ["CMD", "redis-cli", "-a", "hunter2", "ping"]',
    "- redis-cli\n- -a\n- hunter2",
    '"sh -c \\"zip -P hunter2 a.zip b\\""',
    "docker login -u ci -p hunter2 registry.example.net",
    "smbclient //h/s -U bob%hunter2",
    "sqlplus -s shop/hunter2@//ora:1521/x",
    "htpasswd -bc /etc/pw bob hunter2",
    "mc alias set store http://s3 shop hunter2",
    "openssl enc -aes-256-cbc -k hunter2 -in x",
  ],
  keeps: [
    "docker run -p 8080:80 nginx",
    "mysql -u root -p shop",
    "mysql -P 3306 -h db",
    "redis-cli -a $REDIS_PASSWORD ping",
    "curl -k -s https://host/healthz",
    "ldapsearch -x -W -D cn=admin",
    "docker login -u ci --password-stdin registry",
    "unzip -o archive.zip",
    "sqlplus / as sysdba",
    "vault login -method=oidc",
    "the mysql -protocol option",
    '["redis-cli","-a"]',
  ],
};

function keywordsOf(name: string): string[] {
  // short names are the ends of many words: only where they can be a program's
  return name.length > 4 ? [name] : [`${name} -`, `"${name}"`, `/${name}"`, `"${name}\\`, ...SHORT[name] ?? []];
}

const byName = new Map<string, Program[]>();
for (const program of PROGRAMS) {
  for (const name of program.names.split(" ")) byName.set(name, [...byName.get(name) ?? [], program]);
}
const NAME = new RegExp(
  String.raw`(?<![\w.-])(?:${
    [...byName.keys()].sort((a, b) => b.length - a.length).join("|")
  })(?=\.exe\b|[ \t]|\\*["']|$)`,
  "gi",
);
const MAX_ARGUMENTS = 80, MAX_ITEM = 2000;

interface Argument extends Span {
  text: string;
}

/** Arguments so far, of a list of one item a line. */
interface OpenList {
  name: string;
  args: string[];
}

function findCommands(line: RuleLine): Findings {
  const { text } = line;
  const open = line.carried as OpenList | undefined;
  const item = text.length > MAX_ITEM ? undefined : itemOfLine(text);
  if (open !== undefined) {
    if (item !== undefined && open.args.length < MAX_ARGUMENTS) {
      const args = [...open.args, item.text];
      const hide = passwordsIn(open.name, args.map((text) => ({ start: -1, end: -1, text }))).includes(args.length - 1)
        ? [secretPart(open.name, args, { ...item })]
        : [];
      return { hide, carry: { name: open.name, args } satisfies OpenList };
    }
  }
  const hide: Span[] = [];
  let carry: OpenList | undefined;
  let done = 0;
  for (const { 0: match, index } of text.matchAll(NAME)) {
    if (index < done) continue;
    const name = match.toLowerCase();
    const end = index + match.length;
    if (item?.text.split("/").at(-1)?.toLowerCase() === name) carry = { name, args: [] };
    const args = argumentsAfter(text, text.startsWith(".exe", end) ? end + 4 : end);
    done = args.at(-1)?.end ?? end;
    for (const number of passwordsIn(name, args)) {
      hide.push(secretPart(name, args.slice(0, number + 1).map(({ text }) => text), args[number]!));
    }
  }
  return hide.length > 0 || carry !== undefined ? { hide, carry } : NOTHING;
}

/** Numbers of the arguments that are, or end in, a password. */
function passwordsIn(name: string, args: Argument[]): number[] {
  const found: number[] = [];
  for (const program of byName.get(name)!) {
    if (program.with !== undefined && !args.some(({ text }) => text === program.with)) continue;
    const options = program.options?.split(" ") ?? [], attached = program.attached?.split(" ") ?? [];
    args.forEach(({ text }, i) => {
      const before = args[i - 1]?.text;
      const isAttached = attached.some((option) => text.length > option.length && text.startsWith(option)) &&
        !/^-[pPuw](?:=|rotocol|ort|lugin|ipe|rint|ager|refix)/.test(text);
      if (isAttached || (before !== undefined && options.includes(before) && !text.startsWith("-"))) found.push(i);
    });
    for (const { word, nth } of program.after ?? []) {
      const from = word === ""
        ? -1
        : args.findIndex(({ text }) => text === word || (word.startsWith("_") && text.endsWith(`:${word}`)));
      if (word !== "" && from < 0) continue;
      const plain = args.map((_, i) => i).filter((i) => i > from && !/^[-=]/.test(args[i]!.text));
      if (plain[nth] !== undefined) found.push(plain[nth]);
    }
  }
  return [...new Set(found)].filter((i) => !isReference(valueOf(name, args, i)));
}

function valueOf(name: string, args: Argument[], i: number): string {
  const { text } = args[i]!;
  const { start, end } = secretPart(name, args.slice(0, i + 1).map(({ text }) => text), {
    start: 0,
    end: text.length,
    text,
  });
  return text.slice(start, end);
}

function isReference(value: string): boolean {
  return value.length < 3 || isPlainlyNoSecret(value) || /^[$<{%]|^\d{1,5}$|^\/\/|^@/.test(value) ||
    /^(?:file|env|stdin|prompt):?/.test(value);
}

/** What of the last argument is the password: all of it, or what follows an option or a name. */
function secretPart(name: string, args: string[], { start, end, text }: Argument): Span {
  for (const { options, attached, behind, after } of byName.get(name)!) {
    const before = args.at(-2);
    const option = attached?.split(" ").find((option) => text.startsWith(option));
    const applies = option !== undefined || (before !== undefined && options?.split(" ").includes(before)) ||
      after !== undefined;
    if (!applies) continue;
    let from = option === undefined ? 0 : option.length;
    let to = text.length;
    if (behind !== undefined) {
      const at = text.indexOf(behind, from);
      if (at < 0) return { start, end: start };
      from = at + 1;
      const host = behind === "/" ? text.lastIndexOf("@") : -1;
      if (host > from) to = host;
    }
    return { start: start + from, end: end - (text.length - to) };
  }
  return { start, end };
}

const SEPARATOR = /(?:\\*["']\s{0,4},(?:\s|\\+n){0,80}\\*["'])|[ \t]{1,20}(?:\\\s*)?/y;
const END_OF_COMMAND = /^(?:\||;|&&|>|<|\\*["'](?!\s{0,4},)|$)/;

/** The words after a position, of a shell's command line or of a list of strings. */
function argumentsAfter(text: string, at: number): Argument[] {
  const found: Argument[] = [];
  for (let count = 0; count < MAX_ARGUMENTS; count++) {
    SEPARATOR.lastIndex = at;
    const gap = SEPARATOR.exec(text);
    if (gap === null) break;
    const start = at + gap[0].length;
    const argument = gap[0].includes(",") ? listItem(text, start, /\\*["']$/.exec(gap[0])![0]) : word(text, start);
    if (argument === undefined || argument.start === argument.end) break;
    found.push(argument);
    at = argument.next;
  }
  return found;
}

function listItem(text: string, start: number, quote: string): Argument & { next: number } {
  const close = text.slice(start, start + 4000).indexOf(quote);
  const end = close < 0 ? Math.min(text.length, start + 4000) : start + close;
  return { start, end, text: text.slice(start, end), next: end };
}

function word(text: string, start: number): (Argument & { next: number }) | undefined {
  const window = text.slice(start, start + 2000);
  if (END_OF_COMMAND.test(window) && !/^\\*["'][^"'\s]/.test(window)) return undefined;
  const option = /^-{1,2}\w{1,3}(?=\\*["'])/.exec(window)?.[0] ?? "";
  const quote = /^\\*["']/.exec(window.slice(option.length))?.[0];
  if (quote !== undefined) {
    const from = option.length + quote.length, close = window.indexOf(quote, from);
    if (close < 0) return undefined;
    if (option === "") {
      return {
        start: start + from,
        end: start + close,
        text: window.slice(from, close),
        next: start + close + quote.length,
      };
    }
    // `-p'hunter2'`: the text without its quote is as long as the span
    return {
      start: start + quote.length,
      end: start + close,
      text: option + window.slice(from, close),
      next: start + close + quote.length,
    };
  }
  const bare = /^[^\s"'|;<>\\]{1,1000}(?:\\\\[^\s"'|;<>\\]{1,200})*/.exec(window)?.[0];
  return bare === undefined ? undefined : { start, end: start + bare.length, text: bare, next: start + bare.length };
}

/** The only string on a line of a list. */
function itemOfLine(text: string): Argument | undefined {
  const item = /^(?<before>\s*(?:- +)?(?<quote>["']?))(?<text>(?:(?!\k<quote>,?\s*$)[^\n]){1,2000})\k<quote>,?\s*$/
    .exec(text);
  if (item === null || (!item.groups!.before!.includes("- ") && item.groups!.quote === "")) return undefined;
  if (item.groups!.quote !== "" && item.groups!.text!.includes(item.groups!.quote!)) return undefined;
  const start = item.groups!.before!.length;
  return { start, end: start + item.groups!.text!.length, text: item.groups!.text! };
}
