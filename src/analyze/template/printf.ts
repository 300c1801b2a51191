import { print } from "./values.ts";

const VERB = /%([-+# 0]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g;
const MAX_WIDTH = 1000;

/** Formats as Go's `fmt.Sprintf` does, for the verbs that messages use: `%v %s %q %d %t %f %e %g %x %X %%`, with flags,
 * width and precision.
 * @throws {Error} for an unknown verb, and when values are missing or of the wrong type */
export function printf(format: string, values: readonly unknown[]): string {
  let next = 0;
  const result = format.replace(VERB, (all, flags: string, width: string, precision: string, verb: string) => {
    if (verb === "%") return "%";
    if (next >= values.length) throw new Error(`there is no value for ${all}`);
    if (Number(width ?? 0) > MAX_WIDTH || Number(precision ?? 0) > 100) throw new Error(`${all} is too wide`);
    const formatted = one(values[next++], all, verb, precision === undefined ? undefined : Number(precision), flags);
    return pad(formatted, flags, Number(width ?? 0));
  });
  if (next < values.length) throw new Error(`"${format}" has no place for ${values.length - next} of its values`);
  return result;
}

function one(value: unknown, all: string, verb: string, precision: number | undefined, flags: string): string {
  switch (verb) {
    case "v":
    case "s":
    case "t": {
      const shown = print(value);
      return verb === "s" && precision !== undefined ? shown.slice(0, precision) : shown;
    }
    case "q":
      return JSON.stringify(print(value));
    case "x":
    case "X": {
      const shown = typeof value === "number" ? Math.trunc(value).toString(16) : hex(print(value));
      return verb === "X" ? shown.toUpperCase() : shown;
    }
  }
  if (typeof value !== "number") throw new Error(`${all} needs a number`);
  const plus = flags.includes("+") && value >= 0 ? "+" : "";
  switch (verb) {
    case "d":
      return plus + Math.trunc(value);
    case "f":
    case "F":
      return plus + value.toFixed(precision ?? 6);
    case "e":
      return plus + value.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, "e$10$2");
    case "g":
      return plus +
        (precision === undefined ? String(value) : String(Number(value.toPrecision(Math.max(precision, 1)))));
  }
  throw new Error(`${all} is not supported`);
}

function pad(text: string, flags: string, width: number): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0")) return text.padStart(width);
  const sign = /^[+-]/.exec(text)?.[0] ?? "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}

function hex(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
