import type { RedactionRule } from "../rule.ts";

/** Tokens whose issuer gave them a prefix so that they can be recognised anywhere. */
interface Token {
  id: string;
  issuer: string;
  keywords: string[];
  /** Without anchors: a token never begins or ends inside a word. */
  pattern: RegExp;
  example: string;
  /** Looks alike, and is none. */
  keep: string;
}

const ab = (length: number) => "a1B2".repeat(length).slice(0, length);

const TOKENS: Token[] = [
  {
    id: "github-token",
    issuer: "GitHub",
    keywords: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    pattern: /gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255}/,
    example: "ghp_" + ab(36),
    keep: "ghp_short",
  },
  {
    id: "gitlab-token",
    issuer: "GitLab",
    keywords: ["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "gloas-"],
    pattern: /gl(?:pat|dt|rt|cbt|ptt|oas)-[\w-]{20,300}(?:\.[\w.]{1,40})?/,
    example: "glpat-" + ab(20),
    keep: "glpat-short",
  },
  {
    id: "slack-token",
    issuer: "Slack",
    keywords: ["xoxb-", "xoxp-", "xoxa-", "xoxe", "xoxs-", "xoxr-", "xapp-"],
    pattern: /(?:xox[abeprs]|xoxe\.xox[bp]|xapp)-[\w-]{15,300}/,
    example: "xoxb-" + ab(30),
    keep: "xoxb-name",
  },
  {
    id: "stripe-key",
    issuer: "Stripe",
    keywords: ["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"],
    pattern: /(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9+\/]{16,250}/,
    example: "sk_" + "live_" + ab(24),
    keep: "pk_live_" + ab(24),
  },
  {
    id: "npm-token",
    issuer: "npm",
    keywords: ["npm_"],
    pattern: /npm_[A-Za-z0-9]{36}/,
    example: "npm_" + ab(36),
    keep: "npm_config_registry",
  },
  {
    id: "pypi-token",
    issuer: "PyPI",
    keywords: ["pypi-age"],
    pattern: /pypi-AgE[\w-]{40,1000}/,
    example: "pypi-" + "AgE" + ab(60),
    keep: "pypi-agent",
  },
  {
    id: "sendgrid-key",
    issuer: "SendGrid",
    keywords: ["sg."],
    pattern: /SG\.[\w-]{16,32}\.[\w-]{32,64}/,
    example: "SG." + ab(22) + "." + ab(43),
    keep: "msg.body.text",
  },
  {
    id: "twilio-key",
    issuer: "Twilio",
    keywords: [..."0123456789abcdef"].map((digit) => "sk" + digit),
    pattern: /SK[0-9a-f]{32}/,
    example: "SK" + "0123456789abcdef".repeat(2),
    keep: "AC" + "0123456789abcdef".repeat(2),
  },
  {
    id: "openai-key",
    issuer: "OpenAI, Anthropic and those who copied their format",
    keywords: ["sk-"],
    pattern:
      /sk-(?:(?:proj|svcacct|admin|ant(?:-api\d\d)?)-[\w-]{20,300}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|[A-Za-z0-9]{48})/,
    example: "sk-proj-" + ab(40),
    keep: "disk-proj-" + ab(40),
  },
  {
    id: "vault-token",
    issuer: "HashiCorp Vault",
    keywords: ["hvs.", "hvb.", "hvr."],
    pattern: /hv[sbr]\.[\w-]{24,300}/,
    example: "hvs." + ab(30),
    keep: "hvs.short",
  },
  {
    id: "digitalocean-token",
    issuer: "DigitalOcean",
    keywords: ["dop_v1_", "doo_v1_", "dor_v1_"],
    pattern: /do[opr]_v1_[0-9a-f]{64}/,
    example: "dop_v1_" + "0123456789abcdef".repeat(4),
    keep: "dop_v1_name",
  },
  {
    id: "grafana-token",
    issuer: "Grafana",
    keywords: ["glsa_", "glc_"],
    pattern: /glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}|glc_[A-Za-z0-9+\/]{32,400}={0,2}/,
    example: "glsa_" + ab(32) + "_0123abcd",
    keep: "glsa_name",
  },
];

export const vendorTokens: RedactionRule[] = TOKENS.map(({ id, issuer, keywords, pattern, example, keep }) => ({
  id,
  why: `A token of ${issuer} works for whoever holds it`,
  keywords,
  pattern: new RegExp(`(?<![A-Za-z0-9])(?<mask>${pattern.source})(?![A-Za-z0-9])`, "g"),
  hides: [`using ${example} from environment`, `{"a":"${example}"}`],
  keeps: [keep, `${keep} x`],
}));

export const slackWebhook: RedactionRule = {
  id: "slack-webhook",
  why: "Whoever knows the address of a webhook can post in the channel",
  keywords: ["hooks.slack.com/", "webhook.office.com/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
  pattern:
    /(?:hooks\.slack\.com\/(?:services|workflows|triggers)\/|webhook\.office\.com\/webhookb2\/|discord(?:app)?\.com\/api\/webhooks\/)(?<mask>[\w@\/-]{10,300})/gi,
  hides: ["https://hooks.slack.com/services/T0/B0/" + ab(24)],
  keeps: ["https://hooks.slack.com/", "https://slack.com/services/x"],
};
