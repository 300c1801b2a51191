import { escapeXml } from "./escape_xml.ts";
import type { ServiceDefinition } from "./service_definition.ts";

/** Name in the Task Scheduler. A service of Windows has to answer its manager, which a console program cannot. */
export const TASK_NAME = "support-bundle";

/** The task of the daemon: starts with the machine (`system`, as the system's account) or when its user logs on.
 * @see https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema */
export function windowsTask({ scope, command, stateFolder, environment, account }: ServiceDefinition): string {
  const [program = "", ...args] = command;
  // Tasks have no variables of their own.
  const variables = Object.entries({ TROUBLESHOOT_SCHEDULER_DIR: stateFolder, ...environment });
  const line = [
    ...variables.map(([name, value]) => `set "${name}=${value}"`),
    [program, ...args].map(quoted).join(" "),
  ];
  const principal = scope === "system"
    ? `<UserId>${escapeXml(account ?? "S-1-5-18")}</UserId><RunLevel>HighestAvailable</RunLevel>`
    : "<LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel>";
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>Scheduled support bundles</Description></RegistrationInfo>
  <Triggers>${scope === "system" ? "<BootTrigger/>" : "<LogonTrigger/>"}</Triggers>
  <Principals><Principal id="Author">${principal}</Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>255</Count></RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>cmd.exe</Command>
      <Arguments>${escapeXml(`/d /c "${line.join(" && ")}"`)}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}

function quoted(word: string): string {
  return /^[\w:\\./=-]+$/.test(word) ? word : `"${word}"`;
}
