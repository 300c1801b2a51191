import { Buffer } from "node:buffer";

const BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----";
const END = "-----END AGE ENCRYPTED FILE-----";
const LINE_LENGTH = 64;

/** What is in the armor of an age file, as it comes. Strict: one file has one spelling, white space around it aside.
 * @throws into the stream, for what is no such armor
 * @see https://c2sp.org/age#ascii-armor */
export function dearmor(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const decoder = new TextDecoder("latin1");
  const reader = new ArmorReader();
  let rest = "";
  return source.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const lines = (rest + decoder.decode(chunk)).split("\n");
        rest = lines.pop()!;
        if (rest.length > 1024) throw new Error("invalid armor: a line is too long");
        const bytes = reader.take(lines);
        if (bytes.length > 0) controller.enqueue(bytes);
      },
      flush(controller) {
        const bytes = reader.take(rest === "" ? [] : [rest]);
        if (bytes.length > 0) controller.enqueue(bytes);
        reader.end();
      },
    }),
  );
}

class ArmorReader {
  #state: "before" | "inside" | "short" | "after" = "before";

  take(lines: string[]): Uint8Array {
    const decoded: Uint8Array[] = [];
    for (const text of lines) {
      const line = text.endsWith("\r") ? text.slice(0, -1) : text;
      if (this.#state === "before" && line.trim() === "") continue;
      if (this.#state === "before") this.#begin(line);
      else if (this.#state === "after") {
        if (line.trim() !== "") throw new Error("invalid armor: something follows its end");
      } else if (line.trimEnd() === END) this.#state = "after";
      else decoded.push(this.#decode(line));
    }
    return Buffer.concat(decoded);
  }

  end(): void {
    if (this.#state !== "after") throw new Error("invalid armor: its end is missing");
  }

  #begin(line: string): void {
    if (line.trimStart() !== BEGIN) throw new Error("invalid armor: it begins in another way");
    this.#state = "inside";
  }

  #decode(line: string): Uint8Array {
    if (this.#state === "short") throw new Error("invalid armor: a line is too short");
    if (line.length !== LINE_LENGTH) this.#state = "short";
    const bytes = Buffer.from(line, "base64");
    if (line === "" || line.length > LINE_LENGTH || bytes.toString("base64") !== line) {
      throw new Error("invalid armor: a line is no canonical Base64");
    }
    if (bytes.length < 48) this.#state = "short";
    return bytes;
  }
}
