import { SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { nearest } from "../core/nearest.ts";
import type { RedactionRule } from "./rule.ts";
import { emailAddress, hostName, ipAddress, macAddress } from "./rules/personal_data.ts";
