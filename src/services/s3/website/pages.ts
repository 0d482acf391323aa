import { STATUS_CODES } from "node:http";
import type { AwsError } from "#aws/errors.ts";
import type { ResponseMeta } from "#aws/protocols/protocol.ts";
import { escapeXml } from "#aws/protocols/xml/writer.ts";
import type { EndpointAnswer } from "#kernel/calls/endpoint.ts";
import { inHeader, type Target } from "./routing.ts";

/** Returns the headers of every response of a website. */
const idsOf = ({ requestId, hostId }: ResponseMeta) => ({
  "x-amz-request-id": requestId,
  "x-amz-id-2": hostId,
});

export function redirection({ status, location }: Target, meta: ResponseMeta): EndpointAnswer {
  return { status, headers: { ...idsOf(meta), location }, body: "" };
}

/** Returns the error as headers, which a custom error document carries as well. */
export function errorHeaders(error: AwsError, meta: ResponseMeta): Record<string, string> {
  const headers: Record<string, string> = {
    ...idsOf(meta),
    ...error.headers,
    "x-amz-error-code": error.code,
    "x-amz-error-message": error.message.replace(/[^\x20-\x7e]/g, "?"),
  };
  for (const [name, value] of Object.entries(error.members))
    if (value !== undefined) headers[`x-amz-error-detail-${name.toLowerCase()}`] = inHeader(String(value));
  return headers;
}

/**
 * Returns S3's own error page.
 * @param document the error that occurred on reading the bucket's error document, if it has one
 */
export function errorPage(error: AwsError, meta: ResponseMeta, document?: AwsError): EndpointAnswer {
  const { status } = error;
  const title = `${status} ${STATUS_CODES[status] ?? error.code}`;
  const ids = item("RequestId", meta.requestId) + item("HostId", meta.hostId);
  const more = document
    ? `<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n${list(factsOf(document))}`
    : "";
  return {
    status,
    headers: { ...errorHeaders(error, meta), "content-type": "text/html; charset=utf-8" },
    body:
      `<html>\n<head><title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n` +
      `${list(factsOf(error) + ids)}${more}<hr/>\n</body>\n</html>\n`,
  };
}

function factsOf({ code, message, members }: AwsError): string {
  const details = Object.entries(members).map(([name, value]) =>
    value === undefined ? "" : item(name, String(value)),
  );
  return item("Code", code) + item("Message", message) + details.join("");
}

const list = (items: string) => `<ul>\n${items}</ul>\n`;
const item = (name: string, value: string) => `<li>${name}: ${escapeXml(value)}</li>\n`;
