/** An action of a template: what stands between `{{` and `}}`, and where in the text it begins. */
export interface TemplateAction {
  inside: string;
  offset: number;
}

/** The actions of a text, in order. What is not closed is none. */
export function templateActions(text: string): TemplateAction[] {
  const found: TemplateAction[] = [];
  for (let at = text.indexOf("{{"); at >= 0;) {
    const end = text.indexOf("}}", at + 2);
    if (end < 0) break;
    found.push({ inside: text.slice(at + 2, end), offset: at });
    at = text.indexOf("{{", end + 2);
  }
  return found;
}
