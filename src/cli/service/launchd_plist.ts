import { escapeXml } from "./escape_xml.ts";
import { type ServiceDefinition, STOP_SECONDS } from "./service_definition.ts";

/** Name of the job in launchd, and of its file. */
export const LAUNCHD_LABEL = "sh.troubleshoot.support-bundle";

/** The property list of the daemon.
 * @see launchd.plist(5) */
export function launchdPlist({ command, stateFolder, environment, account }: ServiceDefinition): string {
  const variables = { TROUBLESHOOT_SCHEDULER_DIR: stateFolder, ...environment };
  const owner = account === undefined ? "" : `  <key>UserName</key>\n  <string>${escapeXml(account)}</string>\n`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${LAUNCHD_LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${command.map((word) => `    <string>${escapeXml(word)}</string>`).join("\n")}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
${
    Object.entries(variables)
      .map(([name, value]) => `    <key>${escapeXml(name)}</key>\n    <string>${escapeXml(value)}</string>`).join("\n")
  }
  </dict>
${owner}  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ExitTimeOut</key>
  <integer>${STOP_SECONDS}</integer>
  <key>Umask</key>
  <integer>63</integer>
  <key>ProcessType</key>
  <string>Background</string>
  <key>StandardErrorPath</key>
  <string>${escapeXml(`${stateFolder}/logs/daemon.out`)}</string>
</dict>
</plist>
`;
}
