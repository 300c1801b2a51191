import type { RedactionRule, Span } from "../rule.ts";
import { looksTyped } from "../secret_value.ts";

const LOGIN =
  /(?<![\w-])(?:-u|-U|--user|--proxy-user|--userpass)(?:[ =]|\\{0,31}["'],\s{0,80})\s{0,3}\\{0,31}["']?[\w.@\\-]{1,100}:(?!\/\/|\$[({]|\d{1,7}(?![\w!-]))(?<password>[^\s"'\\]{2,400})/dg;

/** `kubectl create secret … --from-literal=name=value` */
export const secretLiteral: RedactionRule = {
  id: "secret-literal",
  why: "What becomes a value of a Secret is one",
  keywords: ["--from-literal"],
  pattern:
    /--from-literal(?:=|[ \t]{1,4}|\\{0,31}["'],(?:\s|\\{1,31}n){0,80}\\{0,31}["'])\\{0,31}["']?[\w.-]{1,253}=\\{0,31}["']?(?![$<])(?<mask>[^\s"'\\]{1,2000})/g,
  hides: ["kubectl create secret generic x --from-literal=pin=hunter2", '["--from-literal","pin=hunter2"]'],
  keeps: ["--from-literal=pin=$PIN", "--from-literal=pin="],
};

/** `curl -u name:password`, and options of other programs that take both in one word. */
export const loginOption: RedactionRule = {
  id: "login-option",
  why: "A command line in a process list or a log shows the password it was given",
  keywords: ["-u ", '-u"', "-u\\", "--user", "--proxy-user", "-u'"],
  find(line) {
    const hide: Span[] = [];
    const isClient = /\b(?:curl|wget|https?|xh|etcdctl|influx|ab|hey)\b/.test(line.text);
    for (const match of line.text.matchAll(LOGIN)) {
      const [start, end] = match.indices!.groups!.password!;
      if (isClient || looksTyped(line.text.slice(start, end))) hide.push({ start, end });
    }
    return { hide };
  },
  hides: ["curl -s -u admin:hunter2 https://es:9200/_cat", 'curl --user "admin:hunter2" x', '["-u","admin:hunter2"]'],
  keeps: [
    "docker run -u 1000:1000 x",
    "docker run --user app:$(id -g) x",
    "socat -u exec:cat stdout",
    "sort -u a:b.txt".replace("a:b", "ab"),
    "date -u",
  ],
};
