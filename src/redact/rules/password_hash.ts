import type { RedactionRule } from "../rule.ts";

const ab = (length: number) => "a1B2".repeat(length).slice(0, length);

export const passwordHash: RedactionRule = {
  id: "password-hash",
  why: "A password's hash can be tried against word lists for as long as one likes",
  keywords: ["$2a$", "$2b$", "$2y$", "$apr1$", "$1$", "$5$", "$6$", "$y$", "$argon2", "$scrypt$", "$pbkdf2"],
  pattern:
    /(?<mask>\$(?:2[aby]\$\d\d\$[.\/A-Za-z0-9]{53}|(?:apr1|1)\$[.\/A-Za-z0-9]{1,8}\$[.\/A-Za-z0-9]{22}|[56]\$(?:rounds=\d{1,9}\$)?[.\/A-Za-z0-9]{1,16}\$[.\/A-Za-z0-9]{43,86}|y\$[.\/A-Za-z0-9]{1,20}\$[.\/A-Za-z0-9]{1,86}\$[.\/A-Za-z0-9]{43}|(?:argon2(?:id|i|d)|scrypt|pbkdf2[\w-]{0,20})\$[^\s"'\\]{20,400}))/g,
  hides: [
    "admin:$2y$10$" + ab(53),
    "old:$apr1$" + ab(8) + "$" + ab(22),
    "root:$6$" + ab(16) + "$" + ab(86) + ":19000:0",
  ],
  keeps: ["price $1$ and $2a$", "sed 's/$1$/x/'", "echo $6$7"],
};
