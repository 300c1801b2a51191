import { deepStrictEqual, ok } from "node:assert/strict";
import { ALNUM, base64, DIGITS, draw, drawMixed, HEX, jwt, LOWER, pem, UPPER } from "./made_secrets.ts";
import { LOOK_AHEAD, LOOK_BEHIND } from "../../src/leak_gate/detector.ts";
import { findIn } from "./scan_text.ts";

const uuid = crypto.randomUUID(), digest = draw(HEX, 63) + "0";
const password = drawMixed(18), token = drawMixed(40), hex = draw(HEX, 40) + "a1", pair = base64(`ci-bot:${password}`);
const json = (value: unknown) => JSON.stringify(value);

/** What is found, and the text that it is found in. `undefined`: the whole of the secret is not told, only that it is there. */
const finds: [what: string, secret: string | undefined, text: string][] = [
  // passwords under names that say so, in every syntax
  ["named-secret", "hunter2", '{"password":"hunter2"}'],
  ["named-secret", "hunter2", '  "dbPassword" : "hunter2",\n'],
  ["named-secret", "hunter2", "DB_PASSWORD=hunter2\n"],
  ["named-secret", "hunter2", "export PGPASSWORD='hunter2'\n"],
  ["named-secret", "hunter2", "spring.datasource.password = hunter2\n"],
  ["named-secret", "hunter2", "  adminPassword: hunter2 # rotated\n"],
  ["named-secret", "hunter2", "  password: &db hunter2\n"],
  ["named-secret", "hunter2", "- {name: ops, password: hunter2}\n"],
  ["named-secret", "hunter2", "level=info passphrase=hunter2 took=3ms\n"],
  ["named-secret", "hunter2", "mysql --password=hunter2 -e status\n"],
  ["named-secret", "hunter2", "vector --admin-password hunter2 --quiet\n"],
  ["named-secret", "hunter2", '["--password", "hunter2"]'],
  ["named-secret", "hunter2", '        "--password",\n        "hunter2",\n'],
  ["named-secret", "hunter2", '{"name":"SMTP_PASS","value":"hunter2"}'],
  ["named-secret", "hunter2", '{\n  "name": "DB_PASSWORD",\n  "value": "hunter2"\n}'],
  ["named-secret", "hunter2", '{"value":"hunter2","name":"DB_PASSWORD"}'],
  ["named-secret", "hunter2", "- name: DB_PASSWORD\n  value: hunter2\n"],
  ["named-secret", "hunter2", '{"x":"- name: \\"DB_PASSWORD\\"\\n  value: hunter2\\n"}'],
  ["named-secret", "hunter2", "args:\n  - --password\n  - hunter2\n"],
  ["named-secret", "hunter2", '{"x":"{\\"password\\":\\"hunter2\\"}"}'],
  ["named-secret", "hunter2", '{"x":"a: 1\\npassword: hunter2\\nb: 2"}'],
  ["named-secret", "hunter2", '{"credentials":{"user":"a","pass":"hunter2"}}'],
  ["named-secret", "hunter2", "[smtp]\npass = 'hunter2'\n"],
  ["named-secret", "hunter2", "<password>hunter2</password>"],
  ["named-secret", "hunter2", '<property name="admin.password">hunter2</property>'],
  ["named-secret", "hunter2", '<add key="BindPassword" value="hunter2"/>'],
  ["named-secret", "hunter2", "Server=db;User ID=sa;Password=hunter2;Encrypt=True\n"],
  ["named-secret", "hunter2", "login failed for user root with password hunter2\n"],
  ["named-secret", "hunter2", "\x1b[33mpassword\x1b[0m: \x1b[1mhunter2\x1b[0m\n"],
  ["named-secret", "hunter2", "password=\xffhunter2\n".replace("\xff", "")],
  // random text under names that say secret, token, key
  ["named-secret", token, `{"clientSecret":"${token}"}`],
  ["named-secret", token, `API_TOKEN=${token}\n`],
  ["named-secret", token, `{"name":"SIGNING_KEY","value":"${token}"}`],
  ["named-secret", token, `GET /x?page=1&access_token=${token}&sort=asc\n`],
  ["named-secret", token, `X-Api-Key: ${token}\n`],
  ["named-secret", hex, `app.secret_key=${hex}\n`],
  ["named-secret", token, `using api_key "${token}" from environment\n`],
  ["named-secret", token, `reset link https://shop.example.net/reset?token=${token}\n`],
  // by form alone
  ["private-key", undefined, pem()],
  ["private-key", undefined, pem("OPENSSH ")],
  ["private-key", undefined, json({ key: pem("EC ") })],
  ["private-key", undefined, pem("").replace(/^.*\n/, "***HIDDEN***\n")],
  ["json-web-token", undefined, `mounted ${jwt()} now\n`],
  ["aws-access-key-id", undefined, `id AKI${"A" + draw(UPPER + "234567", 16)} used\n`],
  ["github-token", undefined, `with gh${"p_" + draw(ALNUM, 36)} failed\n`],
  ["github-token", undefined, `github_p${"at_" + draw(ALNUM, 22)}_${draw(ALNUM, 59)}\n`],
  ["gitlab-token", undefined, `gl${"pat-" + draw(ALNUM, 20)}\n`],
  ["slack-token", undefined, `xox${"b-" + draw(DIGITS, 12)}-${draw(DIGITS, 13)}-${draw(ALNUM, 24)}\n`],
  [
    "slack-webhook",
    undefined,
    `https://hooks.slack.com/services/T${draw(UPPER, 8)}/B${draw(UPPER, 8)}/${draw(ALNUM, 24)}\n`,
  ],
  ["stripe-key", undefined, `sk_li${"ve_" + draw(ALNUM, 24)}\n`],
  ["google-api-key", undefined, `key AI${"za" + draw(ALNUM, 35)} end\n`],
  ["openai-key", undefined, `sk-${draw(ALNUM, 20)}T3Blb${"kFJ" + draw(ALNUM, 20)}\n`],
  ["npm-token", undefined, `np${"m_" + draw(ALNUM, 36)}\n`],
  ["pypi-token", undefined, `pypi-Ag${"EIcHlwaS5vcmc" + draw(ALNUM, 90)}\n`],
  ["sendgrid-key", undefined, `SG${"." + draw(ALNUM, 22)}.${draw(ALNUM, 43)}\n`],
  ["vault-token", undefined, `hv${"s." + draw(ALNUM, 24)}\n`],
  ["azure-storage-key", undefined, `AccountKey=${draw(ALNUM + "+/", 86)}==;EndpointSuffix=x\n`],
  ["azure-shared-access-key", undefined, `SharedAccessKey=${draw(ALNUM, 43)}=\n`],
  ["teams-webhook", undefined, `x.webhook.office.com/webhookb2/${uuid}@${uuid}/IncomingWebhook/${draw(HEX, 32)}/x\n`],
  ["discord-webhook", undefined, `https://discord.com/api/webhooks/${draw("123456789", 18)}/${draw(ALNUM, 68)}\n`],
  ["google-oauth-token", undefined, `GOC${"SPX-" + draw(ALNUM, 28)}\n`],
  ["google-oauth-token", undefined, `ya${"29." + draw(ALNUM, 60)}\n`],
  ["anthropic-key", undefined, `sk-a${"nt-api03-" + draw(ALNUM, 93)}\n`],
  ["rubygems-token", undefined, `rub${"ygems_" + draw(HEX, 48)}\n`],
  ["docker-token", undefined, `dckr_${"pat_" + draw(ALNUM, 27)}\n`],
  ["terraform-token", undefined, `${draw(ALNUM, 14)}.atl${"asv1." + draw(ALNUM, 67)}\n`],
  ["digitalocean-token", undefined, `dop_${"v1_" + draw(HEX, 64)}\n`],
  ["shopify-token", undefined, `shp${"at_" + draw(HEX, 32)}\n`],
  ["grafana-token", undefined, `gl${"sa_" + draw(ALNUM, 32)}_${draw(HEX, 8)}\n`],
  ["new-relic-key", undefined, `NR${"AK-" + draw(UPPER + DIGITS, 27)}\n`],
  ["tailscale-key", undefined, `tsk${"ey-auth-" + draw(ALNUM, 12)}-${draw(ALNUM, 32)}\n`],
  ["linear-key", undefined, `lin_${"api_" + draw(ALNUM, 40)}\n`],
  ["private-key", undefined, `Private-Li${"nes: 8\n" + draw(ALNUM, 64)}\n`],
  ["private-key", undefined, `AGE-SECRET-${"KEY-1" + draw("023456789ACDEFGHJKLMNPQRSTUVWXYZ", 58)}\n`],
  ["password-hash", undefined, `root:$6${"$" + draw(ALNUM, 16)}$${draw(ALNUM + "./", 86)}:19000\n`],
  ["password-hash", undefined, `$arg${"on2id$v=19$m=65536,t=3,p=4$" + draw(ALNUM, 22)}$${draw(ALNUM, 43)}\n`],
  ["password-hash", undefined, `admin:$2${"y$10$" + draw(ALNUM + "./", 53)}\n`],
  ["password-hash", undefined, `old:$ap${"r1$" + draw(ALNUM, 8)}$${draw(ALNUM, 22)}\n`],
  ["url-password", password, `dial postgres://shop:${password}@pg:5432/orders: i/o timeout\n`],
  ["url-password", password, `redis://:${password}@redis:6379/0\n`],
  ["url-password", password, `shop:${password}@tcp(mysql:3306)/orders\n`],
  ["url-password", password, `jdbc:oracle:thin:ledger/${password}@//ora:1521/ORCL\n`],
  ["url-password", password, `curl -s -u admin:${password} https://es:9200/\n`],
  ["authorization", token, `Authorization: Bearer ${token}\n`],
  ["authorization", pair, `> Proxy-Authorization: Basic ${pair}\n`],
  ["docker-auth", pair, json({ auths: { "registry.example.net": { auth: pair } } })],
  ["cookie", hex, `< Set-Cookie: JSESSIONID=${hex}; Path=/; HttpOnly\n`],
  ["signed-url", undefined, `GET /k.tgz?X-Amz-Expires=900&X-Amz-Signature=${draw(HEX, 63)}7 200\n`],
];

for (const [what, secret, text] of finds) {
  Deno.test(`the gate finds ${what} in ${json(text.replace(/[A-Za-z0-9+/]{16,}/g, "…")).slice(0, 90)}`, () => {
    const found = findIn(text);
    ok(found.some((it) => it.startsWith(`${what}: `)), `found only ${found.map((it) => it.split(":")[0])}`);
    if (secret !== undefined) {
      ok(found.includes(`${what}: ${secret}`), "at the place of the secret, and nothing around it");
    }
  });
}

const certificate = pem("").replaceAll("PRIVATE KEY", "CERTIFICATE");

/** What must pass: a hit would hold a bundle back. */
const passes: string[] = [
  // what redaction leaves
  '{"password":"***HIDDEN***","token":"***TOKEN_TOKEN_A1B2C3D4***"}',
  "postgres://***HIDDEN***:***HIDDEN***@***HIDDEN***:5432/***HIDDEN***\n",
  `Authorization: Bearer ***HIDDEN***\n`,
  "-----BEGIN RSA PRIVATE KEY-----\n***HIDDEN***\n-----END RSA PRIVATE KEY-----\n",
  '{"name":"DB_PASSWORD","value":"***HIDDEN***"}',
  "password: 'x-***HIDDEN***'\npassword=***HIDDEN***/db\n",
  "password=\\u003credacted\\u003e token=<none> pwd=******** secret=xxxxxxxx\n",
  // references, empty values, switches, numbers
  'password: ""\ntoken: null\nusePassword: true\npassword_min_length: 12\n',
  "password: $(DB_PASSWORD)\nurl: postgres://app:${DB_PASSWORD}@pg/x\ntoken: {{ .Values.token }}\n",
  "passwordSecretRef: {name: orders-broker-login-2, key: password}\nexistingSecret: checkout-db-v2\n",
  "--token-ttl=24h0m0s --tls-private-key-file=/etc/tls/tls.key --password-file=/run/secrets/db1\n",
  '"expirationSeconds": 3607, "automountServiceAccountToken": true, "serviceAccountToken": {"path": "token"}',
  "token: vault:secret/data/shop#token1\npassword: env:DB_PASSWORD_2\n",
  'password = get_password(user1)\npassword=os.environ["X1"]\nfmt.Printf("password=%s")\n',
  "http://user:password@host/ http://user:pass@host/ http://registry:4873/@scope/name\n",
  // names of things
  '"secretName": "checkout-tls-2026", "secrets": [{"name": "default-token-x7k2p"}]',
  '{"key":"node.kubernetes.io/not-ready","operator":"Exists"}, key=orders/2026/03/04\n',
  "queue key: team-01/app-1-9db7f75cc-kp6xk.18ecc7cd6d332b3d\n",
  "saslMechanism: SCRAM-SHA-256\nauth: SCRAM-SHA-256\npassword.encoder=org.example.security.BCrypt2Encoder\n",
  "--- PASS: TestPasswordReset2 (0.01s)\nPASS: 12 FAIL: 0\n",
  // words
  "token bucket refill: 250 tokens per second\npassword reset e-mail was sent\ninvalid password: 3rd attempt\n",
  "Accepted password for root from 10.1.2.3 port 52144 ssh2\nBearer authentication is required for this endpoint\n",
  "The secret checkout-db exists and has the key postgres-password\nbasic authentication enabled\n",
  // ids, digests, versions, addresses
  `request_id=${uuid} trace_id=${draw(HEX, 32)} span_id=${draw(HEX, 16)}\n`,
  `image: registry.example.net/shop/app@sha256:${digest}\nchecksum/secret: ${digest}\ncommit ${draw(HEX, 40)}\n`,
  `{"secret-hash":"${digest}","tokenSha256":"${digest}","resourceVersion":"4711023","uid":"${uuid}"}`,
  `key: ${draw(HEX, 32)}\nGPG_KEY=${draw(HEX, 40).toUpperCase()}\nETag: "${draw(HEX, 32)}"\n`,
  `kubeadm join --discovery-token-ca-cert-hash sha256:${digest}\nhost key SHA256:${draw(ALNUM, 43)} accepted\n`,
  `integrity sha512-${draw(ALNUM, 86)}==\ngo: example.net/x@v1.2.3: h1:${draw(ALNUM, 43)}=\n`,
  // public
  certificate,
  json({ "ca.crt": certificate, caBundle: base64(certificate) }),
  `ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ${draw(ALNUM, 340)} deploy@shop\npublicKey: pk_live_${draw(ALNUM, 24)}\n`,
  `-----BEGIN PUBLIC KEY-----\n${draw(ALNUM, 64)}\n-----END PUBLIC KEY-----\n`,
  // base64 of what is harmless
  `payload ${base64("hello from the checkout service, all is well")}\n`,
  `data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA${draw(ALNUM, 180)}\n`,
  `continue: ${base64(json({ v: "meta.k8s.io/v1", rv: 4711, start: "pod-7\u0000" }))}\n`,
  // examples that documentation has
  `AKIA${"IOSFODNN7EXAMPLE"} and hunter is no password\n`,
  "A".repeat(300) + "\n" + LOWER.repeat(9) + "\n",
];

for (const text of passes) {
  Deno.test(`the gate passes ${json(text.replace(/[A-Za-z0-9+/]{24,}/g, "…")).slice(0, 90)}`, () => {
    deepStrictEqual(findIn(text).map((found) => found.split(":")[0]), []);
  });
}

/** Where the window over a file ends for the first time, and how far before that it has looked. */
const BORDERS = [256 * 1024 + LOOK_BEHIND, 256 * 1024 + LOOK_BEHIND + LOOK_AHEAD];

Deno.test("the gate finds what lies across the borders of what it looks at together, whole and once", () => {
  const line = "2026-03-04T05:06:07Z INFO reconcile of deployment shop/web finished, 4 of 4 replicas ready\n";
  const filler = line.repeat(4000);
  const token = jwt();
  const planted: [found: string, text: string][] = [
    [`named-secret: ${password}`, `login password=${password} ok`],
    [`named-secret: ${password}`, `{"value":"${password}",${" ".repeat(150)}"name":"DB_PASSWORD"}`],
    [`url-password: ${password}`, `dial postgres://shop:${password}@pg/x`],
    [`json-web-token: ${token}`, token],
    [`docker-auth: ${pair}`, `{"auths":{"r":{"auth":"${pair}"}}}`],
  ];
  for (const [found, text] of planted) {
    for (const border of BORDERS) {
      for (let at = border - text.length - 20; at < border + 20; at += 7) {
        const all = findIn(`${filler.slice(0, at)}\n${text}\n${line.repeat(150)}`);
        deepStrictEqual([at, ...all.filter((it) => it === found)], [at, found]);
      }
    }
  }
});

Deno.test("the gate finds the end of a key whose beginning was looked at before", () => {
  const line = "2026-03-04T05:06:07Z INFO reconcile of deployment shop/web finished, 4 of 4 replicas ready\n";
  const key = pem().split("\n");
  const masked = [key[0], ...Array.from({ length: 9 }, () => "***HIDDEN***"), ...key.slice(-4)].join("\n");
  for (const border of BORDERS) {
    for (let at = border - masked.length - 20; at < border + 20; at += 7) {
      const found = findIn(`${line.repeat(4000).slice(0, at)}\n${masked}\n${line.repeat(150)}`);
      deepStrictEqual([at, found.length], [at, 1]);
    }
  }
});
