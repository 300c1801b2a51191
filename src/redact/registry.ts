import type { RedactionRule } from "./rule.ts";
import { basicAuthorization, bearerToken, signedRequest } from "./rules/authorization_header.ts";
import {
  awsAccessKeyId,
  awsKeyPair,
  awsSecretAccessKey,
  azureClientSecret,
  azureStorageKey,
  googleApiKey,
} from "./rules/cloud_keys.ts";
import { base64Layer } from "./rules/base64_layer.ts";
import { commandPassword } from "./rules/command_password.ts";
import { connectionStringFields } from "./rules/connection_string_fields.ts";
import { cookie } from "./rules/cookie.ts";
import { envInJsonString } from "./rules/env_in_json_string.ts";
import { cephAuthKey, envInPrettyJson } from "./rules/env_in_pretty_json.ts";
import { envPair } from "./rules/env_pair.ts";
import { jsonWebToken } from "./rules/json_web_token.ts";
import { keyMaterial } from "./rules/key_material.ts";
import { kurlInstaller } from "./rules/kurl_installer.ts";
import { loginFiles } from "./rules/login_file.ts";
import { loginOption, secretLiteral } from "./rules/login_option.ts";
import { namedValue } from "./rules/named_value.ts";
import { passwordHashes } from "./rules/password_hash.ts";
import { privateKey } from "./rules/private_key.ts";
import { protocolLogins } from "./rules/protocol_login.ts";
import { secretColumn } from "./rules/secret_column.ts";
import { secretManifest } from "./rules/secret_manifest.ts";
import { serverConfigs } from "./rules/server_config.ts";
import { loginUrl, signedUrl } from "./rules/signed_url.ts";
import { sqlPasswords } from "./rules/sql_password.ts";
import {
  databaseUrl,
  dsnKey,
  mysqlDsn,
  oracleThinUrl,
  urlCredentials,
  webUrlCredentials,
} from "./rules/url_credentials.ts";
import { vendorTokens } from "./rules/vendor/vendor_tokens.ts";
import { webhookUrl } from "./rules/webhook_url.ts";

const plain: readonly RedactionRule[] = [
  privateKey,
  ...keyMaterial,
  secretManifest,
  ...envInJsonString,
  webUrlCredentials,
  mysqlDsn,
  databaseUrl,
  ...connectionStringFields,
  ...envInPrettyJson,
  cephAuthKey,
  ...kurlInstaller,
  urlCredentials,
  dsnKey,
  oracleThinUrl,
  jsonWebToken,
  awsKeyPair,
  awsAccessKeyId,
  awsSecretAccessKey,
  googleApiKey,
  azureClientSecret,
  azureStorageKey,
  ...vendorTokens,
  webhookUrl,
  bearerToken,
  basicAuthorization,
  signedRequest,
  cookie,
  signedUrl,
  loginUrl,
  ...passwordHashes,
  loginOption,
  secretLiteral,
  commandPassword,
  ...sqlPasswords,
  ...serverConfigs,
  ...protocolLogins,
  ...loginFiles,
  secretColumn,
  envPair,
  namedValue,
];

/** The built-in rules in the order in which they run. First those that existing redaction reports know by name, then the
 * shapes that are recognised wherever they are, then what names say. */
export const builtInRules: readonly RedactionRule[] = [...plain, base64Layer(plain)];
