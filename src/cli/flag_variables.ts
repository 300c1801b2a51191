import { type Command, Option } from "commander";

/** Lets each flag that is added from here on be set as `TROUBLESHOOT_<FLAG>` in the environment: the library asks it only for
 * flags that came with their variable. The help does not name them one by one: its epilogue says so once. */
export function readFlagVariables(command: Command): void {
  command.createOption = (flags, description) => withVariable(new Option(flags, description));
  command.configureHelp({
    optionDescription: ({ description, defaultValue }) =>
      defaultValue === undefined ? description : `${description} (default: ${defaultValue})`,
  });
}

/** Lets a flag be set as `TROUBLESHOOT_<FLAG>`. */
export function withVariable(option: Option): Option {
  const name = option.name();
  return name === "version" || option.negate
    ? option
    : option.env(`TROUBLESHOOT_${name.toUpperCase().replaceAll("-", "_")}`);
}
