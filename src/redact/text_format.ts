/** What a file is written in, as far as its name says: it decides where a value ends and how a mask is written. */
export type TextFormat = "json" | "yaml" | "xml" | "settings" | "code" | "text";

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
  ...Object.fromEntries(
    "c cc cpp cs go h java js jsx kt mjs php pl py rb rs scala swift ts tsx".split(" ").map((e) => [e, "code"]),
  ),
};

export function textFormatOf(path: string): TextFormat {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (name === "kubeconfig" || path.endsWith(".kube/config")) return "yaml";
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "text" : BY_EXTENSION[name.slice(dot + 1)] ?? "text";
}
