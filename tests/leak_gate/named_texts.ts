import { ALNUM, base64, DIGITS, draw, HEX, LOWER, UPPER } from "./made_secrets.ts";

/** Names that say something of a secret. */
export const NAMES =
  ("password db_password adminPassword PGPASSWORD passphrase pwd pass smtp_pass token apiToken auth_token refreshToken " +
    "api_key apiKey client_secret clientSecret signingKey secretKey SECRET_KEY private_key credential credentials sessionId " +
    "session_token jwt authorization sid cookie key license licenseKey encryption_key account_key bearer signature sig auth " +
    "redis_auth access_key webhook_secret connection_string").split(" ");

type Make = () => string;

/** What is secret under such a name, as generators and people make it. */
export const SECRETS: Record<string, Make> = {
  "16 letters and digits": () => draw(ALNUM, 16),
  "20 letters and digits": () => draw(ALNUM, 20),
  "32 letters and digits": () => draw(ALNUM, 32),
  "base64": () => draw(ALNUM + "+/", 43) + "=",
  "base64 for URLs": () => draw(ALNUM + "-_", 43),
  "32 hexadecimal digits": () => draw(HEX, 32),
  "64 hexadecimal digits": () => draw(HEX, 64),
  "small letters and digits": () => draw(LOWER + DIGITS, 24),
  "capitals and digits": () => draw(UPPER + DIGITS, 24),
  "letters": () => draw(LOWER + UPPER, 30),
  "words and numbers": () => `Amber-${draw(DIGITS, 4)}.cedar${draw(DIGITS, 4)}!`,
  "a short one": () => draw(LOWER, 4) + draw(DIGITS, 4),
  "one with a sign": () => draw(ALNUM, 6) + draw("!@#$%^&*", 1) + draw(ALNUM, 8),
  "a bootstrap token": () => `${draw(LOWER + DIGITS, 6)}.${draw(LOWER + DIGITS, 16)}`,
};

/** What is none, whatever the name says: words, names of objects, references, masks, times, addresses, ids. */
export const HARMLESS: Record<string, Make> = Object.fromEntries(
  [
    ...[
      "enabled",
      "required",
      "kubernetes",
      "postgres-password",
      "checkout-db",
      "incorrect",
      "unknown",
      "external-secrets",
    ],
    ...[
      "",
      "null",
      "true",
      "$(DB_PASSWORD_2)",
      "${DB_PASSWORD:-x1}",
      "{{ .Values.db2.password }}",
      "%s",
      "<redacted1>",
    ],
    ...[
      "***HIDDEN***",
      "***TOKEN_PASSWORD_A1B2C3D4***",
      "********",
      "vault:secret/data/shop#password1",
      "get_secret(name1)",
    ],
    ...[
      'os.environ["DB_PASS1"]',
      "24h0m0s",
      "90d",
      "512Mi",
      "v1.28.3-eks-4f4795d",
      "2026-03-04T05:06:07Z",
      "2026-03-04",
    ],
    ...["https://oauth2.example.com/v2/token", "vault-0.vault-internal.svc.cluster.local:8200", "10.4.7.9:5432"],
    ...["registry.example.net/shop/app:1.2.3", "org.springframework.security.Pbkdf2PasswordEncoder", "X-Api-Key-2"],
    ...["ServiceAccountTokenVolumeProjection2", "RSA-OAEP-256", "HS256", "SCRAM-SHA-512", "0xc0000b6000", "apps/v1"],
    ...["arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-AbCdEf", "ops1@example.com", "CN=etcd-server-1"],
    ...["node.kubernetes.io/instance-type", "kubernetes.io/service-account-token", "must be at least 8 characters"],
    ...["my_secret_name_2", "/var/run/secrets/kubernetes.io/token1", "server-key2.pem"],
  ].map((text): [string, Make] => [text, () => text]).concat([
    ["a pod", () => `web-${draw(HEX, 10)}-${draw(LOWER + DIGITS, 5)}`],
    ["a secret's name", () => `kube-system/foo-token-${draw(LOWER + DIGITS, 5)}`],
    ["a number", () => draw(DIGITS, 10)],
    ["a digest", () => `sha256:${draw(HEX, 64)}`],
  ]),
);

/** How a name and its value are written. */
export const SHAPES: Record<string, (name: string, value: string) => string> = {
  "variable": (n, v) => `${n}=${v}\n`,
  "exported variable": (n, v) => `export ${n}='${v}'; run\n`,
  "JSON": (n, v) => `{"a":1,"${n}":"${v}","b":2}\n`,
  "pretty JSON": (n, v) => `{\n  "${n}": "${v}",\n  "b": 2\n}\n`,
  "JSON in JSON": (n, v) => JSON.stringify({ m: JSON.stringify({ [n]: v }) }) + "\n",
  "text in JSON": (n, v) => JSON.stringify({ t: `x=1\n${n}=${v}\ny=2` }) + "\n",
  "YAML": (n, v) => `a: 1\n${n}: ${v}\nb: 2\n`,
  "quoted YAML": (n, v) => `a:\n  ${n}: '${v}'\n`,
  "ini": (n, v) => `[x]\n${n} = ${v}\n`,
  "TOML": (n, v) => `[a]\n${n} = "${v}"\n`,
  "XML element": (n, v) => `<x><${n}>${v}</${n}></x>\n`,
  "XML attribute": (n, v) => `<x ${n}="${v}" b="1"/>\n`,
  "connection string": (n, v) => `Server=x;${n}=${v};Encrypt=True\n`,
  "logfmt": (n, v) => `time=1 level=info ${n}=${v} took=3ms\n`,
  "quoted logfmt": (n, v) => `level=info ${n}="${v}" took=3ms\n`,
  "log, name: value": (n, v) => `2026-03-04T05:06:07Z INFO loaded ${n}: ${v}\n`,
  "log, quoted": (n, v) => `2026-03-04T05:06:07Z INFO using ${n} "${v}" from environment\n`,
  "log, in a sentence": (n, v) => `2026-03-04T05:06:07Z INFO login with ${n} ${v} failed\n`,
  "flag": (n, v) => `exec --${n}=${v} --x\n`,
  "flag and value": (n, v) => `exec --${n} ${v} --x\n`,
  "list of arguments": (n, v) => `["--${n}","${v}","-v"]\n`,
  "list of variables": (n, v) => `{"name":"${n}","value":"${v}"}\n`,
  "pretty list of variables": (n, v) => `      {\n        "name": "${n}",\n        "value": "${v}"\n      }\n`,
  "value before name": (n, v) => `{"value":"${v}","name":"${n}"}\n`,
  "YAML list of variables": (n, v) => `- name: ${n}\n  value: ${v}\n`,
  "query": (n, v) => `GET /x?page=1&${n}=${encodeURIComponent(v)}&s=1 200\n`,
  "header": (n, v) => `> X-${n}: ${v}\n`,
  "dump of Python": (n, v) => `{'user': 'a', '${n}': '${v}'}\n`,
  "dump of Go": (n, v) => `&Config{Addr:":8080", ${n}:"${v}", N:3}\n`,
  "dump of Java": (n, v) => `Config(user=shop, ${n}=${v}, pool=3)\n`,
  "base64": (n, v) => `data: ${base64(`a=1\n${n}=${v}\n`)}\n`,
};

export interface NamedText {
  shape: string;
  text: string;
}

/** Texts with a value each, drawn from all names, values and shapes. */
export function* namedTexts(count: number, values: Record<string, Make>): Generator<NamedText> {
  const pick = <T>(items: readonly T[]): T => items[crypto.getRandomValues(new Uint32Array(1))[0]! % items.length]!;
  const makes = Object.values(values), shapes = Object.entries(SHAPES);
  for (let i = 0; i < count; i++) {
    const [shape, write] = pick(shapes);
    yield { shape, text: write(pick(NAMES), pick(makes)()) };
  }
}
