/** A Kubernetes quantity as a whole number of billionths: `1` is 1_000_000_000n, `1m` is 1_000_000n. Exact; compare
 * with `<`, add with `+`. */
export type Billionths = bigint;

export const ONE: Billionths = 1_000_000_000n;

const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Record<string, bigint> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };
const SHAPE = /^([+-]?)(\d+\.?\d*|\.\d+)(?:([eE][+-]?\d+)|([a-zA-Z]*))$/;

/** Reads a quantity such as `2`, `250m`, `1.5Gi`, `1e3`. What is finer than a billionth is rounded away from zero, as
 * Kubernetes does.
 * @returns undefined when the text is not a quantity
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
export function tryParseQuantity(text: string): Billionths | undefined {
  // A bound, because quantities are also read from bundles: longer ones are no quantities of anything.
  if (text.length > 60) return undefined;
  const match = SHAPE.exec(text);
  if (match === null) return undefined;
  const [, sign, number, exponentText, suffix = ""] = match;
  const [whole = "", fraction = ""] = number!.split(".");
  let mantissa = BigInt(whole + fraction);
  let exponent = 9 - fraction.length;
  if (exponentText !== undefined) {
    const written = Number(exponentText.slice(1));
    if (Math.abs(written) > 60) return undefined;
    exponent += written;
  } else if (Object.hasOwn(BINARY, suffix)) {
    mantissa <<= BINARY[suffix]!;
  } else if (Object.hasOwn(DECIMAL, suffix)) {
    exponent += DECIMAL[suffix]!;
  } else {
    return undefined;
  }
  let value = mantissa;
  if (exponent >= 0) {
    value *= 10n ** BigInt(exponent);
  } else {
    const divisor = 10n ** BigInt(-exponent);
    value = (mantissa + divisor - 1n) / divisor;
  }
  return sign === "-" ? -value : value;
}
