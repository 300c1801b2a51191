import type { Detector } from "./detector.ts";
import { authorization, cookie, dockerAuth } from "./detectors/authorization.ts";
import { jsonWebToken } from "./detectors/json_web_token.ts";
import { namedSecret } from "./detectors/named_secret.ts";
import { otherPrivateKey, privateKey } from "./detectors/private_key.ts";
import { urlPassword } from "./detectors/url_password.ts";
import { passwordHash, signedUrl, vendorTokens } from "./detectors/vendor_token.ts";

/** All kinds of secrets that the gate knows, the surest first: where two find the same, the first is reported. */
export const detectors: readonly Detector[] = [
  privateKey,
  otherPrivateKey,
  ...vendorTokens,
  jsonWebToken,
  passwordHash,
  dockerAuth,
  authorization,
  cookie,
  urlPassword,
  signedUrl,
  namedSecret,
];
