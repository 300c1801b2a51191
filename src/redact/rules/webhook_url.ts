import type { RedactionRule } from "../rule.ts";

const ab = (length: number) => "a1B2".repeat(length).slice(0, length);

/** Addresses that are secrets themselves. The id is older than all but the first of them. */
export const webhookUrl: RedactionRule = {
  id: "slack-webhook",
  why: "Whoever knows the address of a webhook can post in the channel",
  keywords: [
    ...["hooks.slack.com/", "webhook.office.com/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
    ...["/hooks/", "/with/key/"],
  ],
  pattern:
    /(?:hooks\.slack\.com\/(?:services|workflows|triggers)\/|webhook\.office\.com\/webhookb2\/|discord(?:app)?\.com\/api\/webhooks\/|hooks\.zapier\.com\/hooks\/(?:catch|standard)\/\d{1,12}\/|maker\.ifttt\.com\/[\w\/-]{1,100}?\/key\/|\/hooks\/(?=[a-z0-9]{26}(?![\w\/-]))|\/hooks\/(?=[A-Za-z0-9]{17}\/))(?<mask>[\w@\/-]{10,300})/gi,
  hides: [
    "https://hooks.slack.com/services/T0/B0/" + ab(24),
    "https://x.webhook.office.com/webhookb2/" + "0a".repeat(16) + "/IncomingWebhook/" + "0a".repeat(16),
    "https://discord.com/api/webhooks/123456789012345678/" + ab(60),
    "https://hooks.zapier.com/hooks/catch/12345/" + ab(10) + "/",
    "https://maker.ifttt.com/trigger/door/with/key/" + ab(22),
    "https://chat.example.net/hooks/" + "a1b2c3d4e5f6g7h8i9j0k1l2m3".slice(0, 26),
  ],
  keeps: [
    "https://hooks.slack.com/",
    "https://slack.com/services/x",
    "/repo/.git/hooks/pre-commit-message-check",
    "/etc/hooks/scripts",
  ],
};
