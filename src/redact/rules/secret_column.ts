import { type Findings, NOTHING, type RedactionRule, type RuleLine, type Span } from "../rule.ts";
import { isHint, nameKind } from "../secret_name.ts";
import { looksGenerated, looksTyped } from "../secret_value.ts";

/** Columns of tables whose heading says that they are secret: CSV, and what psql and mysql print. */
export const secretColumn: RedactionRule = {
  id: "secret-column",
  why: "In a table, the name of a secret stands in the first line, and the secrets below",
  keywords: "password passwd token secret api_key apikey api-key passphrase".split(" "),
  find: findColumns,
  hides: [
    "name,password,email\nalice,hunter2,a@example.net",
    '"id";"api_key"\n"1";"hunter2"\n"2";"hunter2"',
    " id | name  | password\n----+-------+---------\n  1 | alice | hunter2",
    "| id | api_token |\n+----+-----------+\n|  1 | hunter2   |",
    "name\tpassword\nalice\thunter2",
  ],
  keeps: [
    "name,token,count\nthe,word,12",
    "name,email\nalice,hunter2",
    "the password, the token, and the key\nalice,hunter2,x",
    "name,password\n\nalice,hunter2",
    "password, token\nhunter2",
  ],
};

/** A table whose columns are being hidden. */
interface Table {
  delimiter: string;
  cells: number;
  secret: number[];
  lines: number;
}

const DELIMITERS = ["|", ",", ";", "\t"];
const MAX_LINES = 100_000;
const RULER = /^[\s|+:=-]+$/;

function findColumns(line: RuleLine): Findings {
  const { text } = line;
  const table = line.carried as Table | undefined;
  if (table !== undefined && text.trim() !== "" && table.lines < MAX_LINES) {
    const carry: Table = { ...table, lines: table.lines + 1 };
    if (RULER.test(text)) return { hide: [], carry };
    const cells = cellsOf(text, table.delimiter);
    if (cells.length === table.cells) {
      const hide = table.secret.map((i) => cells[i]!).filter(({ start, end }) => isSecret(text.slice(start, end)));
      return { hide, carry };
    }
  }
  return (line.format === "text" ? tableFrom(text) : undefined) ?? NOTHING;
}

function tableFrom(text: string): Findings | undefined {
  if (text.length > 1000 || !/^[\w\s.,;|"-]+$/.test(text)) return undefined;
  for (const delimiter of DELIMITERS) {
    const cells = cellsOf(text, delimiter);
    const names = cells.map(({ start, end }) => text.slice(start, end));
    if (cells.length < 2 || !names.every((name) => /^[\w.-]{0,40}(?: [\w.-]{1,20}){0,2}$/.test(name))) continue;
    // a list of words in a sentence has blanks behind its commas
    if (delimiter !== "|" && /[,;] /.test(text)) continue;
    const secret = names.flatMap((name, i) => nameKind(name) === "none" || isHint(nameKind(name)) ? [] : [i]);
    if (secret.length > 0) {
      return { hide: [], carry: { delimiter, cells: cells.length, secret, lines: 0 } satisfies Table };
    }
  }
  return undefined;
}

/** Where the cells of a line are, without blanks and quotes. */
function cellsOf(text: string, delimiter: string): Span[] {
  const found: Span[] = [];
  for (let at = 0; at <= text.length && found.length < 200;) {
    let next = text.indexOf(delimiter, at);
    const quoted = /^\s{0,20}"(?:[^"]|"")*"/.exec(text.slice(at, at + 4000));
    if (quoted !== null) next = text.indexOf(delimiter, at + quoted[0].length);
    let start = at, end = next < 0 ? text.length : next;
    while (start < end && /[\s"]/.test(text[start]!)) start++;
    while (end > start && /[\s"]/.test(text[end - 1]!)) end--;
    found.push({ start, end });
    if (next < 0) break;
    at = next + 1;
  }
  return found;
}

function isSecret(value: string): boolean {
  return looksTyped(value) || looksGenerated(value) || /^[0-9a-f]{16,128}$/i.test(value);
}
