/** What a result says, on one line: its message alone where that says what the title does. */
export function headline(title: string, message: string): string {
  if (title === "" || repeatsTitle(title, message)) return message;
  return message === "" ? title : `${title}: ${message}`;
}

/** True when each word of the title is in the message; that it is a status goes without saying. */
export function repeatsTitle(title: string, message: string): boolean {
  const said = new Set(wordsOf(message));
  const words = wordsOf(title).filter((word) => word !== "status");
  return words.length > 0 && words.every((word) => said.has(word));
}

/** Names of objects, with their namespaces, are one word. */
function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+(?:[./_:-]+[\p{L}\p{N}]+)*/gu) ?? [];
}
