export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Reads the part of XML that reports use: elements, attributes, texts.
 * @throws for what is not well-formed */
export function readXml(text: string): XmlElement {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text) || !text.isWellFormed()) {
    throw new Error("no XML character");
  }
  const body = text.replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\s*/, "");
  const top: XmlElement = { name: "", attributes: {}, children: [] };
  const open = [top];
  const token = /<(\/?)([a-z]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  for (let at = 0; at < body.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(body);
    if (found === null) throw new Error(`not well-formed at ${body.slice(at, at + 60)}`);
    const [, closes, name, attributes = "", empty, content] = found;
    if (content !== undefined) {
      decode(content);
      if (content.includes("]]>")) throw new Error("]]> in a text");
      continue;
    }
    if (closes) {
      if (open.pop()!.name !== name) throw new Error(`${name} is not open`);
      continue;
    }
    const element: XmlElement = { name: name!, attributes: {}, children: [] };
    for (const [, key, value] of attributes.matchAll(/([a-z]+)="([^"]*)"/g)) {
      if (key! in element.attributes) throw new Error(`${key} twice`);
      element.attributes[key!] = decode(value!);
    }
    open.at(-1)!.children.push(element);
    if (!empty) open.push(element);
  }
  if (open.length !== 1 || top.children.length !== 1) throw new Error("not one element");
  return top.children[0]!;
}

function decode(text: string): string {
  if (/&(?!(?:amp|lt|gt|quot|apos|#\d+);)/.test(text)) throw new Error(`a bare & in ${text}`);
  return text.replace(
    /&(?:#(\d+)|(\w+));/g,
    (_, code, name) => code ? String.fromCodePoint(Number(code)) : ENTITIES[name]!,
  );
}
