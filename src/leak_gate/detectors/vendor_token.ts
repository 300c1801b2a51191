import { type Detector, matchAt, type Span } from "../detector.ts";
import { literalOf } from "../literal.ts";
import { looksRandom } from "../randomness.ts";

/** Tokens with a prefix of their own, by the formats that their vendors publish: id, how it begins, the whole. */
const FORMATS: readonly [id: string, anchors: string | string[], shape: RegExp][] = [
  ["aws-access-key-id", ["AKIA", "ASIA"], /(?<![A-Za-z0-9])A[KS]IA[A-Z2-7]{16}(?![A-Za-z0-9])/],
  ["github-token", ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], /(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36,255}/],
  ["github-token", "github_pat_", /github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}/],
  [
    "gitlab-token",
    ["glpat-", "gldt-", "glrt-", "glptt-", "gloas-", "glcbt-", "glsoat-"],
    /gl(?:pat|dt|rt|ptt|oas|cbt|soat)-[\w-]{20,}/,
  ],
  ["slack-token", ["xoxb-", "xoxp-", "xoxa-", "xoxs-", "xoxr-", "xoxe-", "xapp-1-"], /(?:xox[abprse]|xapp)-[\w-]{20,}/],
  [
    "slack-webhook",
    "hooks.slack.com/",
    /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Z0-9]+\/[A-Z0-9]+\/[A-Za-z0-9]{16,}/,
  ],
  [
    "teams-webhook",
    "webhook.office.com/",
    /webhook\.office\.com\/webhookb2\/[\w@-]{36,}\/IncomingWebhook\/[0-9a-f]{32}/,
  ],
  ["discord-webhook", "/api/webhooks/", /(?<=discord(?:app)?\.com)\/api\/webhooks\/\d{17,20}\/[\w-]{60,}/],
  [
    "stripe-key",
    ["sk_live_", "rk_live_", "sk_test_", "rk_test_"],
    /(?<![A-Za-z0-9])[sr]k_(?:live|test)_[A-Za-z0-9]{16,}/,
  ],
  ["google-api-key", "AIza", /(?<![A-Za-z0-9])AIza[\w-]{35}(?![\w-])/],
  ["google-oauth-token", ["GOCSPX-", "ya29."], /GOCSPX-[\w-]{28}|ya29\.[\w-]{30,}/],
  ["openai-key", "T3BlbkFJ", /(?<=sk-[\w-]{16,100})T3BlbkFJ[\w-]{16,}/],
  ["anthropic-key", "sk-ant-", /sk-ant-[a-z]{3,6}\d\d-[\w-]{60,}/],
  ["npm-token", "npm_", /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/],
  ["pypi-token", "pypi-AgE", /pypi-AgE[\w-]{50,}/],
  ["rubygems-token", "rubygems_", /rubygems_[0-9a-f]{48}/],
  ["docker-token", ["dckr_pat_", "dckr_oat_"], /dckr_[po]at_[\w-]{27,}/],
  ["sendgrid-key", "SG.", /(?<![A-Za-z0-9])SG\.[\w-]{22}\.[\w-]{43}(?![\w-])/],
  ["vault-token", ["hvs.", "hvb."], /(?<![A-Za-z0-9])hv[sb]\.[\w-]{24,}/],
  ["terraform-token", ".atlasv1.", /(?<=[A-Za-z0-9]{14})\.atlasv1\.[\w-]{60,}/],
  ["digitalocean-token", ["dop_v1_", "doo_v1_", "dor_v1_"], /do[opr]_v1_[0-9a-f]{64}/],
  ["shopify-token", ["shpat_", "shpca_", "shppa_", "shpss_"], /shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}/],
  ["grafana-token", "glsa_", /glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}/],
  ["new-relic-key", "NRAK-", /NRAK-[A-Z0-9]{27}/],
  ["tailscale-key", "tskey-", /tskey-[a-z]+-[A-Za-z0-9]+-[A-Za-z0-9]{20,}/],
  ["linear-key", "lin_api_", /lin_api_[A-Za-z0-9]{40}/],
  ["azure-storage-key", "AccountKey=", /AccountKey=[A-Za-z0-9+\/]{86}==/],
  ["azure-shared-access-key", "SharedAccessKey=", /SharedAccessKey=[A-Za-z0-9+\/]{43}=/],
];

/** Made up by whoever writes documentation. */
const EXAMPLE = /EXAMPLE|example|X{6}|x{6}|0{10}|1234567890/;

export const vendorTokens: Detector[] = FORMATS.map(([id, anchors, shape]) => {
  const pattern = new RegExp(shape.source, "y");
  return {
    id,
    anchors: [anchors].flat().map((anchor) => anchor.toLowerCase()),
    find(text, at): Span | undefined {
      const match = matchAt(pattern, text, at);
      if (match === null || EXAMPLE.test(match[0])) return undefined;
      return { start: at, end: at + match[0].length };
    },
  };
});

/** Hashes of passwords, as crypt(3) writes them: they can be tried at any speed. */
export const passwordHash: Detector = {
  id: "password-hash",
  anchors: ["$2a$", "$2b$", "$2y$", "$apr1$", "$argon2", "$6$"],
  find(text, at): Span | undefined {
    const match = matchAt(HASH, text, at);
    return match === null ? undefined : { start: at, end: at + match[0].length };
  },
};

const HASH =
  /\$2[aby]\$\d\d\$[.\/A-Za-z0-9]{53}|\$apr1\$[.\/A-Za-z0-9]{1,8}\$[.\/A-Za-z0-9]{22}|\$argon2id?\$v=\d+\$[\w=,]{5,40}\$[A-Za-z0-9+\/]{8,}\$[A-Za-z0-9+\/]{20,}|\$6\$(?:rounds=\d+\$)?[.\/A-Za-z0-9]{1,16}\$[.\/A-Za-z0-9]{43,86}/y;

/** Signatures and codes in URLs that let their reader in. */
export const signedUrl: Detector = {
  id: "signed-url",
  anchors: ["x-amz-signature=", "x-goog-signature=", "&sig=", "?sig=", "?code=", "&code=", "\\u0026sig="],
  find(text, at): Span | undefined {
    const match = matchAt(SIGNED, text, at);
    if (match === null || !looksRandom(literalOf(match[1]!), 32)) return undefined;
    return { start: at, end: at + match[0].length };
  },
};

const SIGNED = /(?:X-(?:Amz|Goog)-Signature|(?:[?&]|\\u0026)(?:sig|code))=([\w%+\/.~-]{32,})/iy;
