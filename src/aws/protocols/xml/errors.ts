import { isSender, type WireError } from "../errors/errors.ts";
import type { ResponseMeta } from "../protocol.ts";
import { escapeXml, type XmlWriters } from "./writer.ts";

/** `<ErrorResponse>`, as in the query protocol, and in restXml except for S3. */
export function xmlErrorDocument(
  error: WireError,
  { requestId }: ResponseMeta,
  namespace: string | undefined,
  writers: XmlWriters,
  tail = "",
): string {
  const xmlns = namespace === undefined ? "" : ` xmlns="${escapeXml(namespace)}"`;
  const type = isSender(error.status) ? "Sender" : "Receiver";
  return (
    `<ErrorResponse${xmlns}><Error><Type>${type}</Type>${xmlErrorContent(error, writers)}${tail}</Error>` +
    `<RequestId>${requestId}</RequestId></ErrorResponse>`
  );
}

/** The content of every XML error: code, message, and the members of its shape. */
export function xmlErrorContent({ code, message, details, values }: WireError, writers: XmlWriters): string {
  const text = message === "" ? "" : `<Message>${escapeXml(message)}</Message>`;
  const inBody = details.filter((member) => member.location === undefined);
  return `<Code>${escapeXml(code)}</Code>${text}${writers.members(inBody)(values)}`;
}
