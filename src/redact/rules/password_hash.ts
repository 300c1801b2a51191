import type { RedactionRule } from "../rule.ts";

const ab = (length: number) => "a1B2".repeat(length).slice(0, length);
const why = "A password's hash can be tried against word lists for as long as one likes";

export const passwordHash: RedactionRule = {
  id: "password-hash",
  why,
  keywords: [
    ...["$2a$", "$2b$", "$2y$", "$apr1$", "$1$", "$5$", "$6$", "$7$", "$8$", "$9$", "$y$", "$gy$", "$a$005$"],
    ...["$argon2", "$scrypt$", "$pbkdf2", "$p$b", "$h$9", "$s$d"],
  ],
  pattern:
    /(?<mask>\$(?:2[aby]\$\d\d\$[.\/A-Za-z0-9]{53}|(?:apr1|1)\$[.\/A-Za-z0-9]{1,8}\$[.\/A-Za-z0-9]{22}|[56]\$(?:rounds=\d{1,9}\$)?[.\/A-Za-z0-9]{1,16}\$[.\/A-Za-z0-9]{43,86}|[89]\$[.\/A-Za-z0-9]{14}\$[.\/A-Za-z0-9]{43}|g?y\$[.\/A-Za-z0-9]{1,20}\$[.\/A-Za-z0-9]{1,86}\$[.\/A-Za-z0-9]{43}|7\$[.\/A-Za-z0-9]{11,97}\$[.\/A-Za-z0-9]{43}|(?:P\$B|H\$9|S\$D)[.\/A-Za-z0-9]{30,52}|A\$005\$[^\s"']{40,80}|(?:argon2(?:id|i|d)|scrypt|pbkdf2[\w-]{0,20})\$[^\s"'\\]{20,400}))/g,
  hides: [
    "admin:$2y$10$" + ab(53),
    "old:$apr1$" + ab(8) + "$" + ab(22),
    "root:$6$" + ab(16) + "$" + ab(86) + ":19000:0",
    "root:$y$j9T$" + ab(22) + "$" + ab(43) + ":19000:0",
    "$argon2id$v=19$m=65536,t=3,p=4$" + ab(22) + "$" + ab(43),
    "$P$B" + ab(30),
  ],
  keeps: ["price $1$ and $2a$", "sed 's/$1$/x/'", "echo $6$7"],
};

/** Hashes that frameworks and servers write in words. */
export const namedHash: RedactionRule = {
  id: "named-hash",
  why,
  keywords: ["pbkdf2_sha", "pbkdf2:sha", "scrypt:", "scram-sha-", "grub.pbkdf2.", "bcrypt_sha256$", "argon2$argon2"],
  pattern:
    /(?<![\w.])(?:pbkdf2_sha\d{1,3}\$\d{1,9}|pbkdf2:sha\d{1,3}(?::\d{1,9})?|scrypt:\d{1,9}:\d{1,4}:\d{1,4}|SCRAM-SHA-\d{1,3}\$\d{1,9}(?=:)|grub\.pbkdf2\.sha512(?=\.)|bcrypt_sha256|argon2)[$:.](?<mask>[^\s"'\\,;]{20,600})/gi,
  hides: [
    "pbkdf2_sha256$260000$" + ab(22) + "$" + ab(43) + "=",
    "pbkdf2:sha256:150000$" + ab(8) + "$" + "0a".repeat(32),
    "scrypt:32768:8:1$" + ab(16) + "$" + "0a".repeat(64),
    "SCRAM-SHA-256$4096:" + ab(22) + "==$" + ab(43) + "=:" + ab(43) + "=",
    "grub.pbkdf2.sha512.10000." + "0A".repeat(64),
  ],
  keeps: ["scrypt: maxmem exceeded", "SCRAM-SHA-256 authentication failed", "pbkdf2_sha256 is the default hasher"],
};

/** LDAP's `userPassword`, and files of other servers that copied its form. */
export const schemeHash: RedactionRule = {
  id: "scheme-hash",
  why,
  keywords: [
    "{ssha",
    "{sha",
    "{smd5}",
    "{md5}",
    "{crypt}",
    "{pbkdf2",
    "{argon2",
    "{bcrypt}",
    "{cleartext}",
    "{plain}",
    "{blf-crypt}",
  ],
  pattern:
    /\{(?:S?SHA(?:[-\w]{0,8})|S?MD5|CRYPT|PBKDF2[\w-]{0,10}|ARGON2\w{0,2}|BCRYPT|BLF-CRYPT|CLEARTEXT|PLAIN)\}(?<mask>[^\s"'\\,;{}]{6,600})/gi,
  hides: [
    "userPassword: {SSHA}" + ab(38) + "==",
    "bob:{PLAIN}hunter2:1000",
    "rootpw {CRYPT}$6$" + ab(16) + "$" + ab(86),
  ],
  keeps: ["{SHA} is weak", "the {plain} scheme", "${sha256}/x"],
};

/** Windows' LM and NT hashes side by side, and PostgreSQL's `md5…`. */
export const databaseHash: RedactionRule = {
  id: "database-hash",
  why,
  keywords: [..."0123456789abcdef"].map((digit) => "md5" + digit).concat(":aad3b435b51404ee"),
  pattern:
    /(?<![\w.-])(?:md5(?<mask1>[0-9a-f]{32})|[^\s:"']{1,100}:\d{1,10}:(?<mask2>[0-9a-f]{32}:[0-9a-f]{32})(?=:))(?![\w])/gi,
  hides: [
    "alice md5" + "0a".repeat(16),
    "Administrator:500:aad3b435b51404eeaad3b435b51404ee:" + "0a".repeat(16) + ":::",
  ],
  keeps: ["md5:" + "0a".repeat(16), "md5sum 0a0a", "Content-MD5 " + "0a".repeat(16), "x-md5" + "0a".repeat(16)],
};

export const passwordHashes: RedactionRule[] = [passwordHash, namedHash, schemeHash, databaseHash];
