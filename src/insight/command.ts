/** A command to copy: a tag for template literals that quotes what is put in for a POSIX shell. Names come from bundles, and
 * a bundle may come from anybody. */
export function command(words: TemplateStringsArray, ...values: readonly (string | undefined)[]): string {
  return words.reduce((text, word, index) => text + shellWord(values[index - 1] ?? "") + word);
}

function shellWord(value: string): string {
  return value === "" || /^[\w.:@/=,-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
