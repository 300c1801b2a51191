import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type Account, currentAccount, groupsOfKernel, namedGroups } from "../../src/core/account.ts";
import { type AccessRules, decideAccess, mayChange } from "../../src/schedule/access.ts";

const none: AccessRules = { requireAuth: false, allowedUsers: [], allowedGroups: [] };
const ann: Account = { uid: 1001, name: "ann", groups: ["1001", "100", "ann", "users"] };
const nameless: Account = { uid: 4711, groups: ["0"] };
const root: Account = { uid: 0, name: "root", groups: ["0", "root"] };

const behaviour: [
  name: string,
  rules: Partial<AccessRules>,
  account: Account,
  expect: "all" | "own" | keyof AccessRules,
][] = [
  ["lets everybody do everything without rules", {}, ann, "all"],
  ["lets a listed account", { allowedUsers: ["bob", "ann"] }, ann, "all"],
  ["lets an account that is listed by its number", { allowedUsers: ["1001"] }, ann, "all"],
  ["refuses one that is not listed", { allowedUsers: ["bob"] }, ann, "allowedUsers"],
  ["takes no beginning of a name for the name", { allowedUsers: ["an", "anna"] }, ann, "allowedUsers"],
  ["lets a member of a listed group", { allowedGroups: ["ops", "users"] }, ann, "all"],
  ["lets a member of a group that is listed by its number", { allowedGroups: ["100"] }, ann, "all"],
  ["refuses who is in no listed group", { allowedGroups: ["ops"] }, ann, "allowedGroups"],
  ["lets who is in one of the two lists", { allowedUsers: ["bob"], allowedGroups: ["users"] }, ann, "all"],
  ["names the users' list where both refuse", { allowedUsers: ["bob"], allowedGroups: ["ops"] }, ann, "allowedUsers"],
  ["lets root, whom nothing could keep out", { allowedUsers: ["bob"], requireAuth: true }, root, "all"],
  ["leaves each its own jobs with requireAuth", { requireAuth: true }, ann, "own"],
  ["does so for listed accounts", { requireAuth: true, allowedUsers: ["ann"] }, ann, "own"],
  ["leaves members of listed groups all jobs", { requireAuth: true, allowedGroups: ["users"] }, ann, "all"],
  ["refuses an account without a name with requireAuth", { requireAuth: true }, nameless, "requireAuth"],
  ["lets it where its number is listed", { requireAuth: true, allowedUsers: ["4711"] }, nameless, "own"],
  ["lets it without requireAuth", {}, nameless, "all"],
];
for (const [name, rules, account, expect] of behaviour) {
  Deno.test(`decideAccess() ${name}`, () => {
    const access = decideAccess({ ...none, ...rules }, account);
    strictEqual(access.allowed ? access.jobs : access.setting, expect);
  });
}

const owners: [
  name: string,
  rules: Partial<AccessRules>,
  account: Account,
  createdBy: string | undefined,
  expect: boolean,
][] = [
  ["its own", { requireAuth: true }, ann, "ann", true],
  ["not another's", { requireAuth: true }, ann, "bob", false],
  ["not one whose creator nobody knows", { requireAuth: true }, ann, "", false],
  ["not one that is gone", { requireAuth: true }, ann, undefined, false],
  ["another's without requireAuth", {}, ann, "bob", true],
  ["nothing as somebody who is refused", { allowedUsers: ["bob"] }, ann, "ann", false],
  ["its own without a name", { requireAuth: true, allowedUsers: ["4711"] }, nameless, "uid 4711", true],
];
for (const [name, rules, account, createdBy, expect] of owners) {
  Deno.test(`mayChange() lets an account change ${name}`, () => {
    strictEqual(mayChange(decideAccess({ ...none, ...rules }, account), account, createdBy), expect);
  });
}

Deno.test("namedGroups() finds the names of numbers, and no more", () => {
  const file = "root:x:0:\nops:x:100:ann,bob\nusers:x:1000:\n\nbroken\nother:x:10:\n";
  deepStrictEqual(namedGroups(new Set(["100", "4711"]), file), ["100", "4711", "ops"]);
});

Deno.test({
  name: "currentAccount() is what the system says, whatever the environment claims",
  ignore: Deno.build.os === "windows",
  async fn() {
    const said = async (...args: string[]) =>
      new TextDecoder().decode((await new Deno.Command("id", { args }).output()).stdout).trim();
    const before = Deno.env.get("USER");
    Deno.env.set("USER", "somebody-else");
    try {
      const { uid, name, groups } = await currentAccount({ groups: true });
      deepStrictEqual([String(uid), name], [await said("-u"), await said("-un")]);
      for (const number of (await said("-G")).split(" ")) strictEqual(groups.includes(number), true, number);
      strictEqual(groups.includes(await said("-gn")), true);
      deepStrictEqual((await currentAccount()).groups, []);
    } finally {
      if (before === undefined) Deno.env.delete("USER");
      else Deno.env.set("USER", before);
    }
  },
});

Deno.test({
  name: "groupsOfKernel() finds the groups that `id` finds, without it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { stdout } = await new Deno.Command("id", { args: ["-G"] }).output();
    const numbers = new TextDecoder().decode(stdout).trim().split(" ");
    const found = await groupsOfKernel();
    deepStrictEqual(found.filter((group) => /^\d+$/.test(group)).sort(), numbers.sort());
  },
});
