/** What a file is written in, as far as its name says: it decides where a value ends and how a mask is written. */
export type TextFormat = "json" | "yaml" | "xml" | "settings" | "text";

const BY_EXTENSION: Record<string, TextFormat> = {
  json: "json",
  jsonl: "json",
  ndjson: "json",
  yaml: "yaml",
  yml: "yaml",
  xml: "xml",
  html: "xml",
  config: "xml",
  properties: "settings",
  env: "settings",
  ini: "settings",
  toml: "settings",
  cfg: "settings",
  conf: "settings",
};

export function textFormatOf(path: string): TextFormat {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return BY_EXTENSION[name.slice(name.lastIndexOf(".") + 1)] ?? "text";
}
