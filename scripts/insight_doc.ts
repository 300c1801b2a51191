import { fileURLToPath } from "node:url";
import { insights } from "../src/insight/registry.ts";

export const INSIGHT_DOC = fileURLToPath(new URL("../docs/insight.md", import.meta.url));

const HEAD = `<!-- Made by \`deno task docs\` from src/insight: change what checks say of themselves there. -->
# Built-in insight

\`support-bundle --auto\` looks through what it has collected the way an experienced operator would first, without any analyzer in a spec. It needs nothing but the bundle, and asks the cluster nothing.
A job leaves it out with \`schedule create --analyze=false\`, together with all other analysis.

- **One finding per cause.** Twenty pods that cannot pull one image are one finding. What follows from a cause is told in its finding: the Deployment that lacks the pods, the Service without a ready one, the
  webhook behind it, the disruption budget that allows nothing.
- **Evidence**: file and line in the bundle for what says so, and for the last lines of a log. They come from the bundle, so they are redacted as it is.
- **An explanation and a next step**, mostly a \`kubectl\` command. Nothing is ever changed in the cluster.
- **No false alarms**: what is being deleted or lies in a namespace that is, is left alone, and what is younger than a minute is given its time. The clock is that of the bundle, so a bundle says the same a year later.
- **No silence**: what the bundle does not have, what cannot be read and what is redacted away is said in results named *Built-in insight*. Where nothing is wrong, that is said, too.

Findings are in the closing report, in \`analysis.json\`, in the records of scheduled runs, and in notifications. Beside the fields that existing readers know, their entries in \`analysis.json\` have, where known:

| field | meaning |
|---|---|
| \`explanation\` | what it means, and what follows from it |
| \`nextStep\` | a command, or what else to do |
| \`affected\` | the first 20 objects: \`kind\`, \`namespace\`, \`name\` |
| \`affectedCount\` | how many there are |
| \`evidence\` | places in the bundle: \`path\`, and \`line\`, from 1 |

Of each check, the first hundred causes are told one by one.

## Checks

| check | looks for |
|---|---|
`;

/** The whole document. */
export function renderInsightDoc(): string {
  const rows = insights.map(({ id, title }) => `| [\`${id}\`](#${id}) | ${title} |\n`).join("");
  const sections = insights.map(({ id, title, when, says, nextStep, reads }) =>
    `\n### ${id}\n\n${title}.\n\n- **When**: ${when}.\n- **What it says**: ${says}.\n- **Next step**: ${nextStep}.\n` +
    `- **Reads**: ${reads.map((list) => `\`${list}\``).join(", ")}\n`
  );
  return HEAD + rows + sections.join("");
}
