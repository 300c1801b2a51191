import { SupportBundleError } from "../core/errors.ts";
import { badWhen } from "./condition_error.ts";
import { isMask } from "./hidden.ts";
import { compares, comparison, ORDERINGS } from "./when.ts";

/** A condition about a kernel setting. */
export interface SysctlCondition {
  /** With dots: `net.ipv4.ip_forward`. */
  key: string;
  /** @param value undefined where the machine does not have the setting
   * @param where names the machine in errors
   * @throws {SupportBundleError} for an order of what is no integer */
  holds(value: string | undefined, where: string): boolean;
}

/** `<key> <op> <value>`. Equality is that of the texts, but for runs of blanks; an order is one of integers.
 * @throws {SpecConditionError} */
export function sysctlCondition(when: string): SysctlCondition {
  const match = /^(\S+)\s+([><=]=*)\s+(\S.*)$/s.exec(when.trim());
  const hint = "Write it as net.ipv4.ip_forward = 1, with spaces around the operator";
  if (match === null) throw badWhen(when, "it is not a key, an operator and a value", hint);
  const key = sysctlKey(match[1]!);
  const by = comparison(match[2]!, when, ORDERINGS);
  const wanted = oneBlank(match[3]!);
  if (by === "=") {
    return {
      key,
      holds(value, where) {
        if (value !== undefined && isMask(value)) {
          throw unusable(`The setting ${key} of ${where} was hidden by redaction`);
        }
        return value !== undefined && oneBlank(value) === wanted;
      },
    };
  }
  const wantedInteger = tryParseInteger(wanted);
  if (wantedInteger === undefined) throw badWhen(when, `"${wanted}" is not an integer`, hint);
  return {
    key,
    holds(value, where) {
      if (value === undefined) throw unusable(`${where} has no setting ${key}`);
      const integer = tryParseInteger(value.trim());
      if (integer === undefined) {
        throw unusable(
          `The setting ${key} of ${where} ${isMask(value) ? "was hidden by redaction" : `is no integer: "${value}"`}`,
        );
      }
      return compares(integer, by, wantedInteger);
    },
  };
}

/** `/proc/sys/net/ipv4/ip_forward` → `net.ipv4.ip_forward`. */
export function sysctlKey(path: string): string {
  return path.replace(/^\/proc\/sys\//, "").replaceAll("/", ".");
}

function oneBlank(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}

/** Settings go up to 2^64. */
function tryParseInteger(text: string): bigint | undefined {
  return /^-?\d{1,40}$/.test(text) ? BigInt(text) : undefined;
}

function unusable(message: string): SupportBundleError {
  return new SupportBundleError(message, { code: "ANALYZER_INPUT" });
}
