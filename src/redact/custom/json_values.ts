import type { Span } from "../rule.ts";
import { StructurePath } from "./structure_path.ts";

export interface JsonScan {
  /** `incomplete`: it may become JSON when more follows. `invalid`: it never will. */
  state: "complete" | "incomplete" | "invalid";
  /** By number of the path: where the values lie that it leads to. */
  found: Span[][];
}

/** Finds values by path in a JSON text without building it. Stops at the first thing that is no JSON. */
export function scanJson(text: string, paths: readonly StructurePath[]): JsonScan {
  const scanner = new JsonScanner(text, paths.length);
  try {
    scanner.blanks();
    scanner.value(paths.map((path, number) => ({ number, steps: path.steps })), 0);
    scanner.blanks();
    return { state: scanner.at === text.length ? "complete" : "invalid", found: scanner.found };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { state: error.message === "incomplete" ? "incomplete" : "invalid", found: scanner.found };
  }
}

class Stop extends Error {}

/** A path that has been followed up to here: the steps that are left. */
interface Lead {
  number: number;
  steps: readonly string[];
}

const MAX_DEPTH = 1000;
const BLANKS = /[ \t\r\n]*/y;
const SCALAR = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

class JsonScanner {
  at = 0;
  readonly found: Span[][];

  constructor(readonly text: string, paths: number) {
    this.found = Array.from({ length: paths }, () => []);
    if (text.startsWith("\xef\xbb\xbf")) this.at = 3; // byte order mark
  }

  blanks(): void {
    BLANKS.lastIndex = this.at;
    this.at += BLANKS.exec(this.text)![0].length;
  }

  value(leads: Lead[], depth: number): void {
    if (depth > MAX_DEPTH) throw new Stop("invalid");
    const start = this.at;
    const c = this.#peek();
    const further = leads.filter((lead) => lead.steps.length > 0);
    if (c === "{") this.#object(further, depth);
    else if (c === "[") this.#list(further, depth);
    else if (c === '"') this.#string();
    else {
      SCALAR.lastIndex = this.at;
      const scalar = SCALAR.exec(this.text);
      if (scalar === null) throw new Stop("invalid");
      this.at += scalar[0].length;
      if (scalar[0] === "null") return;
    }
    for (const lead of leads) if (lead.steps.length === 0) this.found[lead.number]!.push({ start, end: this.at });
  }

  #object(leads: Lead[], depth: number): void {
    this.at++;
    for (this.blanks(); this.#peek() !== "}"; this.blanks()) {
      const key = this.#string();
      this.blanks();
      this.#expect(":");
      this.blanks();
      this.value(leads.length === 0 ? leads : follow(leads, unescape(key)), depth + 1);
      this.#comma("}");
    }
    this.at++;
  }

  #list(leads: Lead[], depth: number): void {
    this.at++;
    this.blanks();
    for (let index = 0; this.#peek() !== "]"; index++) {
      this.value(leads.length === 0 ? leads : follow(leads, index), depth + 1);
      this.#comma("]");
      this.blanks();
    }
    this.at++;
  }

  #comma(end: string): void {
    this.blanks();
    if (this.#peek() !== end) this.#expect(",");
  }

  #string(): string {
    this.#expect('"');
    const start = this.at;
    for (let i = start;; i++) {
      i = this.text.indexOf('"', i);
      if (i < 0) throw new Stop("incomplete");
      let backslashes = 0;
      while (this.text[i - 1 - backslashes] === "\\") backslashes++;
      if (backslashes % 2 === 1) continue;
      this.at = i + 1;
      return this.text.slice(start, i);
    }
  }

  #peek(): string {
    if (this.at >= this.text.length) throw new Stop("incomplete");
    return this.text[this.at]!;
  }

  #expect(c: string): void {
    if (this.#peek() !== c) throw new Stop("invalid");
    this.at++;
  }
}

function follow(leads: Lead[], key: string | number): Lead[] {
  return leads
    .filter(({ steps }) => StructurePath.leadsTo(steps[0]!, key))
    .map(({ number, steps }) => ({ number, steps: steps.slice(1) }));
}

function unescape(key: string): string {
  if (!key.includes("\\")) return key;
  try {
    return JSON.parse(`"${key}"`);
  } catch {
    return key;
  }
}
