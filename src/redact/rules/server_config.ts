import type { RedactionRule } from "../rule.ts";

const ab = (length: number) => "a1B2".repeat(length).slice(0, length);
/** Not the beginning of a reference, a placeholder or an option. */
const VALUE = String.raw`(?!\$(?!\d\$)|[<{%*]|ENC\s|["']?["']?\s*$)`;

/** Lines of the configurations of routers, switches and firewalls. */
export const networkDevice: RedactionRule = {
  id: "network-device",
  why: "Passwords and keys in a device's configuration open the device, and those that share them",
  keywords: [
    ...[
      "enable secret",
      "enable password",
      " secret ",
      " password ",
      "snmp-server",
      "key-string",
      "-server key",
      "isakmp key",
    ],
    ...["authentication-key", "psksecret", "ascii-text", "set password", "server host"],
  ],
  pattern: new RegExp(
    String
      .raw`^\s{0,8}(?:set\s)?(?:(?:enable|username \S{1,100}(?: [\w-]{1,30}){0,6}|neighbor \S{1,100}|line \S{1,20}|user \S{1,100})\s(?:secret|password)(?: level \d{1,2})?(?: (?:\d|sha512|encrypted|hash))?|snmp-server community|snmp-server (?:host|user) [^\r\n]{1,120} (?:version 2c|auth (?:md5|sha)|priv (?:aes|des)(?: \d{1,3})?)|key-string(?: \d)?|(?:tacacs|radius)-server (?:host \S{1,100} )?(?:[\w-]{1,20} \d{1,5} )*key(?: \d)?|crypto isakmp key(?: \d)?|(?:ip ospf |ospf |ntp |bgp )?(?:[\w-]{1,20}-)?authentication-key(?: \d{1,5} md5)?(?: \d)?|psksecret(?: ENC)?|passw(?:or)?d ENC|password \d|pre-shared-key (?:ascii-text|hexadecimal)|authentication-password|encrypted-password)\s{1,4}"?${VALUE}(?<mask>[^\s"]{3,400})`,
    "gi",
  ),
  hides: [
    "enable secret 5 $1$abcd$" + ab(22),
    "username ops privilege 15 secret 9 hunter2x",
    "snmp-server community hunter2 RO",
    "tacacs-server key 7 " + "0a".repeat(8),
    "radius-server host 10.0.0.1 key hunter2",
    " key-string hunter2",
    "crypto isakmp key hunter2 address 10.0.0.1",
    " set psksecret ENC hunter2x",
    'pre-shared-key ascii-text "hunter2"',
  ],
  keeps: ["hostname core-1", "the enable secret is missing", "snmp-server location Rack 12", "key chain ospf"],
};

/** Directives of servers that keep their passwords in words of their own. */
export const serverDirective: RedactionRule = {
  id: "server-directive",
  why: "The password that a server asks for opens everything in it",
  keywords: [
    ...[
      "requirepass",
      "masterauth",
      "bindpw",
      "rootpw",
      "rocommunity",
      "rwcommunity",
      "com2sec",
      "createuser",
      "stats auth",
    ],
    ...[
      "insecure-password",
      "secure_link_secret",
      "bindpassword",
      "clientsecret",
      "cryptopassphrase",
      "authpassword",
      "rpcpassword",
    ],
    ...["setcookie", "vncpasswd", "sslpassphrase"],
  ],
  pattern: new RegExp(
    String
      .raw`^\s{0,8}(?:#\s?)?(?:requirepass|masterauth|(?:root)?bindpw|rootpw|r[ow]community6?|com2sec\s\S{1,60}\s\S{1,60}|createUser\s\S{1,60}\s(?:SHA|MD5)[-\d]{0,4}|stats\s{1,4}auth\s{1,4}[^\s:]{1,100}:|user\s\S{1,60}\sinsecure-password|secure_link_secret|AuthLDAPBindPassword|OIDC(?:ClientSecret|CryptoPassphrase)|vncpasswd)(?<=:|[^:])[ \t]{0,40}(?<=[ \t:])["']?${VALUE}(?<mask1>[^\s"';]{1,400})(?:["']?\s(?:AES|DES)[-\d]{0,4}\s["']?(?<mask2>[^\s"']{1,200}))?`,
    "gi",
  ),
  hides: [
    "requirepass hunter2",
    '  masterauth "hunter2"',
    "bindpw hunter2",
    "rocommunity hunter2 default",
    "com2sec readonly default hunter2",
    "createUser ops SHA hunter2 AES hunter2",
    "  stats auth admin:hunter2",
    "user a insecure-password hunter2",
    "AuthLDAPBindPassword hunter2",
  ],
  keeps: ["# requirepass", "rocommunity ${COMMUNITY}", "stats auth", "createUser in the console"],
};

/** Rights of a Redis user: `>password`, `#hash of it`. */
export const redisUser: RedactionRule = {
  id: "redis-user",
  why: "The password of a Redis user opens all that the user may see",
  keywords: [" on >", "setuser ", " +@"],
  alsoHas: ">",
  pattern: /\b(?:user|SETUSER)\s{1,4}[\w.-]{1,60}\s(?:[^\r\n>]{0,200}\s)?>(?<mask>[^\s"'\\]{2,200})/gi,
  hides: ["user default on >hunter2 ~* +@all", "ACL SETUSER shop on >hunter2"],
  keeps: ["user a > b", "user=1 count > 5"],
};

export const redisUserHash: RedactionRule = {
  id: "redis-user-hash",
  why: "The hash of a password can be tried against word lists, and this one has no salt",
  keywords: [" on #", " off #"],
  pattern: /\buser\s{1,4}[\w.-]{1,60}\s[^\r\n#]{0,200}#(?<mask>[0-9a-f]{64})\b/gi,
  hides: ["user shop on #" + "0a".repeat(32) + " ~* +@all"],
  keeps: ["user shop on # a comment ~x"],
};

/** strongSwan and Libreswan's secrets. */
export const ipsecSecret: RedactionRule = {
  id: "ipsec-secret",
  why: "Whoever has the pre-shared key can join the tunnel, or pose as its other end",
  keywords: [": psk ", ": eap ", ": xauth ", ": ntlm ", ": rsa ", ": ecdsa ", ": p12 ", ": pkcs8 "],
  pattern:
    /(?:^|[\w.%@*-]\s{0,4}):\s(?:(?:PSK|EAP|XAUTH|NTLM)\s{1,4}(?:0[xs])?(?:"(?<mask1>[^"\r\n]{1,400})"|(?<mask2>[^\s"]{4,400}))|(?:RSA|ECDSA|P12|PKCS8)\s{1,4}\S{1,300}\s{1,4}"(?<mask3>[^"\r\n]{1,400})")/g,
  hides: [
    '10.0.0.1 %any : PSK "hunter2"',
    ": PSK hunter2",
    'bob : EAP "hunter2"',
    ': RSA /etc/ipsec.d/k.pem "hunter2"',
  ],
  keeps: [": RSA /etc/ipsec.d/k.pem", "mode : PSK", "WPA: PSK is used"].slice(0, 2),
};

/** The key with which the members of a Serf, Consul or Nomad cluster encrypt what they tell each other. */
export const gossipKey: RedactionRule = {
  id: "gossip-key",
  why: "The gossip key lets a machine join the cluster and read what its members say",
  keywords: ["encrypt"],
  pattern:
    /(?<![\w-])"?encrypt(?:_key)?"?\s{0,10}[=:]\s{0,4}\\?"(?<mask>[A-Za-z0-9+\/]{22}==|[A-Za-z0-9+\/]{43}=)\\?"/g,
  hides: ['encrypt = "' + ab(43) + '="', '{"encrypt":"' + ab(22) + '=="}'],
  keeps: ['encrypt = "true"', 'encrypt: "aes"'],
};

const NO_LOGIN = /^user_(?:name|id|agent|email|type|role|group|count|data|dir|home|tz|lang)$/i;
const JAAS_USER = /(?:^|\s)(user_[\w.@-]{1,60})\s{0,4}=\s{0,4}"([^"\r\n]{1,200})"/g;

/** Users of ZooKeeper's and Kafka's own login modules: `user_bob="…"`, the name in the name. */
export const jaasUser: RedactionRule = {
  id: "jaas-user",
  why: "A login module's file has the passwords of all users as they are",
  keywords: ["loginmodule"],
  find(line) {
    const hide = [...line.text.matchAll(JAAS_USER)].filter((match) => !NO_LOGIN.test(match[1]!)).map((match) => {
      const end = match.index + match[0].length - 1;
      return { start: end - match[2]!.length, end };
    });
    const left = line.text.includes("LoginModule") ? 50 : (line.carried as number) - 1;
    return { hide, carry: left > 0 && !/^\s*\}/.test(line.text) ? left : undefined };
  },
  hides: [
    'org.apache.zookeeper.server.auth.DigestLoginModule required\n user_super="hunter2"\n user_bob="hunter2";',
    'ScramLoginModule required user_admin="hunter2";',
  ],
  keeps: [
    'user_bob="hunter2"',
    'DigestLoginModule required;\n};\nuser_bob="x"',
    'LoginModule required\n user_name="bob"',
  ],
};

export const serverConfigs: RedactionRule[] = [
  networkDevice,
  serverDirective,
  redisUser,
  redisUserHash,
  ipsecSecret,
  gossipKey,
  jaasUser,
];
