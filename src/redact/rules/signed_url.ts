import type { RedactionRule } from "../rule.ts";

/** Logins and answers to logins in the parameters of an address. */
export const loginUrl: RedactionRule = {
  id: "login-url",
  why: "Name and password in an address open what it points to",
  keywords: ["&p=", "?p=", "&pw=", "?pw=", "samlresponse", "samlrequest", "samlassertion"],
  pattern:
    /(?:[?&]u=[^&\s"']{1,100}(?:&[^&\s"']{1,100}){0,6}&pw?=(?<mask1>[^&\s"'\\]{3,400})|[?&]pw?=(?<mask2>[^&\s"'\\]{3,400})(?=&(?:[^\s"']{0,200}&)?u=)|\bSAML(?:Response|Request|Assertion)(?:=|\\{0,31}"\s?[:,]\s?\\{0,31}"|"\s?value=")(?<mask3>[A-Za-z0-9+\/%=-]{40,}))/gi,
  hides: [
    "http://influx:8086/write?db=x&u=admin&p=hunter2",
    "/x?p=hunter2&u=bob",
    "/x?pw=hunter2&u=bob",
    "/x?u=bob&pw=hunter2",
    ...["Response", "Request", "Assertion"].map((kind) => `POST /acs SAML${kind}=PHNh` + "ab12".repeat(20)),
  ],
  keeps: ["/search?p=2&q=u", "/page?u=bob&page=2", "SAMLResponse=invalid"],
};

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
