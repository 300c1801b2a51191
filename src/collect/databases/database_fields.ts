import * as z from "zod";
import { flagField } from "../../core/flag_field.ts";
import { textField } from "../text_field.ts";

function referenceField(what: string) {
  return z.object({
    name: textField().describe(`Name of the ${what}`),
    key: textField().describe(`Key in the ${what}`),
    namespace: textField().optional().describe("Its namespace; empty: that of the command line, else default"),
    optional: flagField().describe(`true takes an empty text where the ${what} or the key cannot be read`),
  });
}

/** A text of the spec itself, or one that is read from the cluster when the collector runs. */
function referencedField() {
  return z.union([
    textField(),
    z.object({
      value: textField().optional().describe("The text itself; counts before valueFrom"),
      valueFrom: z.object({
        secretKeyRef: referenceField("Secret").optional().describe("A key of a Secret; counts before configMapKeyRef"),
        configMapKeyRef: referenceField("ConfigMap").optional().describe("A key of a ConfigMap"),
      }).optional().describe("Where the cluster has the text"),
    }),
  ]);
}

/** What all database kinds have in common. */
export function databaseFields(uri: string) {
  return {
    uri: referencedField().optional().describe(`${uri}; a text, or value or valueFrom`),
    parameters: z.array(textField()).optional().describe("Names of server variables to collect; mysql alone has them"),
    tls: z.object({
      skipVerify: flagField().describe("true takes any certificate of the server"),
      secret: z.object({
        name: textField().default("").describe("Name of the Secret"),
        namespace: textField().optional().describe("Its namespace; empty: that of the command line, else default"),
      }).optional().describe("Secret with the keys cacert and, both or none, clientCert and clientKey"),
      cacert: referencedField().optional().describe("Certificate of the authority as PEM text; used without secret"),
      clientCert: referencedField().optional().describe("Client certificate as PEM text; used without secret"),
      clientKey: referencedField().optional().describe(
        "Key of the client certificate as PEM text; used without secret",
      ),
    }).optional().describe("Connect with TLS on these terms"),
  };
}

export type DatabaseFields = z.output<z.ZodObject<ReturnType<typeof databaseFields>>>;
export type ReferencedText = z.output<ReturnType<typeof referencedField>>;
export type TlsFields = NonNullable<DatabaseFields["tls"]>;
