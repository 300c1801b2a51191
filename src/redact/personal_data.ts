import { UsageError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import type { RedactionRule } from "./rule.ts";
import { emailAddress, hostName, ipAddress, macAddress } from "./rules/personal_data.ts";

/** Data that say something about people or networks, and are no secrets: hidden when a flag or a Redactor document asks for
 * it. */
export const PERSONAL_DATA = ["email", "ip", "mac", "hostname"] as const;

export type PersonalData = typeof PERSONAL_DATA[number];

const RULES: Record<PersonalData, RedactionRule> = {
  email: emailAddress,
  ip: ipAddress,
  mac: macAddress,
  hostname: hostName,
};

/** The rules of the classes, in the order in which they run: an address is looked for before the name of its host. */
export function personalDataRules(hide: readonly PersonalData[]): RedactionRule[] {
  return PERSONAL_DATA.filter((name) => hide.includes(name)).map((name) => RULES[name]);
}

/** Reads a list of classes, `all` being all of them.
 * @param where the flag or the field, for the error
 * @throws {UsageError} for a word that is none */
export function readPersonalData(words: readonly string[], where: string): PersonalData[] {
  const found = new Set<PersonalData>();
  for (const word of words.map((word) => word.trim().toLowerCase()).filter((word) => word !== "")) {
    const names = word === "all" ? PERSONAL_DATA : PERSONAL_DATA.filter((name) => name === word);
    if (names.length === 0) {
      const meant = nearest(word, [...PERSONAL_DATA, "all"]);
      throw new UsageError(
        `${where}: "${word}" is no class of data that can be hidden`,
        meant === undefined ? `Write some of ${PERSONAL_DATA.join(", ")}, or all` : `Did you mean ${meant}?`,
      );
    }
    for (const name of names) found.add(name);
  }
  return PERSONAL_DATA.filter((name) => found.has(name));
}
