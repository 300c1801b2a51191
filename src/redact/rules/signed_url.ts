import type { RedactionRule } from "../rule.ts";

export const signedUrl: RedactionRule = {
  id: "signed-url",
  why: "A signed address opens what it points to, and a code in one can be traded for a token",
  keywords: ["sig=", "signature=", "code=", "ticket="],
  pattern:
    /(?:[?&;]|\\u0026)(?:amp;)?(?:X-(?:Amz|Goog)-Signature|Signature|sig|code|auth_?code|ticket)=(?<mask>[A-Za-z0-9%+\/=_.~-]{16,})/gi,
  hides: [
    "https://b.s3.amazonaws.com/k?X-Amz-Expires=900&X-Amz-Signature=" + "0a".repeat(32),
    "https://x.blob.core.windows.net/c?sv=2024-11-04&sig=" + "aB1%2F".repeat(8),
    "/cb?code=" + "aB1c".repeat(8) + "&state=1",
  ],
  keeps: ["/x?code=404", "exit code=137", "sig=SIGTERM", "?code=not_found"],
};
