/** What a secret looks like, in words that tell nothing of it, not even how long it is. */
export function secretShape(secret: string): string {
  const text = secret.trim();
  const object = jsonObject(text);
  if (object !== undefined) {
    if (typeof object.accessKeyId === "string" && typeof object.secretAccessKey === "string") {
      return "a pair of S3 keys";
    }
    if (object.type === "service_account") return "the key of a Google service account";
    return "a JSON object";
  }
  const pem = /^-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(text)?.[1];
  if (pem !== undefined) return /PRIVATE KEY/.test(pem) ? "a private key (PEM)" : `PEM: ${pem.toLowerCase()}`;
  if (/^AGE-SECRET-KEY-/m.test(text)) return "an age identity";
  if (/[\r\n]/.test(text)) return "text of several lines";
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) && URL.canParse(text)) return "a URL";
  if (/^[^\s:]+:\S+$/.test(text)) return "two parts with a colon: a pair of keys, or a user and a password";
  return "one line of text";
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
