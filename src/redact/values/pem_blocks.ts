const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,60})-----([^-]*(?:-(?!----)[^-]*)*)(?:-----END \1-----|$)/g;
const PUBLIC =
  /(?:^| )(?:CERTIFICATE|CERTIFICATE REQUEST|PUBLIC KEY|X509 CRL|PARAMETERS|PUBLIC KEY BLOCK|SIGNATURE|CMS|PKCS7)$/;

/** Takes PEM blocks out of a text. Lines of private keys are told; certificates and public keys are public.
 * @returns the rest of the text */
export function takePemBlocks(text: string, line: (text: string) => void): string {
  if (!text.includes("-----BEGIN ")) return text;
  return text.replace(BLOCK, (_, label: string, body: string) => {
    if (PUBLIC.test(label)) return "\n";
    body.split(/\s+|\\[rn]/).forEach(line);
    return "\n";
  });
}
