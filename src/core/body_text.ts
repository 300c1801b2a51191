import { traffic } from "./traffic.ts";

/** Reads the body of an answer as UTF-8.
 * @returns undefined when it has more bytes; the rest is not read */
export async function bodyText(response: Response, maxBytes: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    traffic.receivedBytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
