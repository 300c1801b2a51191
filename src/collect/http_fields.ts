import * as z from "zod";
import { textField, textMapField } from "./text_field.ts";
import { flagField } from "../core/flag_field.ts";

function requestFields() {
  return {
    url: textField().describe("Address to ask"),
    headers: textMapField().optional().describe("Header lines to send"),
    insecureSkipVerify: flagField().describe("true takes any certificate of the server"),
    timeout: textField().optional().describe(
      "Longest time for everything, such as 10s; without it the run's own limit",
    ),
    proxy: textField().optional().describe("Proxy, as a URL; overrides HTTPS_PROXY"),
    tls: z.object({
      cacert: textField().optional().describe("PEM text, or a file or folder with certificates of further authorities"),
    }).optional().describe("Whom to trust"),
  };
}

/** `get`, `post` and `put` of the http kinds. */
export function httpFields() {
  const withBody = () => z.object({ ...requestFields(), body: textField().optional().describe("Body to send") });
  return {
    get: z.object(requestFields()).optional().describe("Sends a GET request"),
    post: withBody().optional().describe("Sends a POST request"),
    put: withBody().optional().describe("Sends a PUT request"),
  };
}

export type HttpRequestConfig = z.output<ReturnType<typeof httpFields>["post"]> & object;
