import type { Command } from "commander";
import { parseCredentialReference } from "../../core/credential_reference.ts";
import type { CliContext } from "../cli_context.ts";
import { readFlagVariables } from "../flag_variables.ts";
import { addKubeFlags, kubeOptions } from "../kube_flags.ts";
import { readSecret } from "../read_secret.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { credentialName } from "./credential_name.ts";
import { secretShape } from "./secret_shape.ts";

/** `credential test` */
export function defineTest(command: Command, cli: CliContext): void {
  readFlagVariables(command);
  command
    .description(
      "Tell whether a credential can be read, and what it looks like; of its value nothing is shown. What env: and systemd: " +
        "name is looked for in this terminal's environment: the daemon has its own.",
    )
    .argument("<name>", "name in the vault, or any reference: env:NAME, file:/path …")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle credential test s3-keys
  support-bundle credential test file:/etc/troubleshoot/s3.json
  support-bundle credential test k8s-secret:support/s3/keys.json --context prod`,
    );
  addOutputOption(addKubeFlags(command)).action((name: string, flags: { output: OutputFormat }) =>
    testCredential(cli, name, flags)
  );
}

async function testCredential(cli: CliContext, name: string, flags: { output: OutputFormat }): Promise<void> {
  const reference = name.includes(":") ? name : `vault:${credentialName([name])}`;
  const { scheme } = parseCredentialReference(reference);
  const shape = secretShape(await readSecret(cli, kubeOptions(flags))(reference));
  await printData(
    cli,
    flags.output,
    { reference, readable: true, shape },
    () => `${reference} can be read: ${shape}\n`,
  );
  if (flags.output === "table" && (scheme === "env" || scheme === "systemd")) {
    await cli.stderr.write("It was read in the environment of this terminal; the daemon has its own\n");
  }
}
