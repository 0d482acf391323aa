import { kept } from "#lib/kept.ts";
import type { Operation } from "../contract/shapes.ts";
import { describe } from "./errors.ts";
import { parseForm } from "./form.ts";
import { formReaders } from "./form-shapes.ts";
import { decoding } from "./malformed.ts";
import type { Protocol } from "./protocol.ts";
import { isoInSeconds, isoWithMillis } from "./timestamps.ts";
import { xmlErrorDocument } from "./xml-errors.ts";
import { escapeXml, type XmlWriters, xmlWriters } from "./xml-writer.ts";

const readerOf = formReaders({ name: (member) => member.queryName, alwaysFlat: false });

const inMillis = xmlWriters(isoWithMillis);
const inSeconds = xmlWriters(isoInSeconds);
const printSeconds = new Set(["iam", "sts"]);
/** Whose errors end in an empty `Detail`. */
const haveDetail = new Set(["sqs"]);

function writersOf(operation: Operation | undefined): XmlWriters {
  return operation !== undefined && printSeconds.has(operation.contract.service) ? inSeconds : inMillis;
}

const decoders = kept((operation: Operation) => readerOf(operation.input));

const encoders = kept((operation: Operation) => {
  const { output, resultWrapper, wireName, contract } = operation;
  const xmlns = contract.xmlNamespace === undefined ? "" : ` xmlns="${escapeXml(contract.xmlNamespace)}"`;
  const head = `<${wireName}Response${xmlns}>`;
  const tail = `</RequestId></ResponseMetadata></${wireName}Response>`;
  const writers = writersOf(operation);
  const write =
    resultWrapper === undefined ? writers.content(output) : writers.element(resultWrapper, output);
  return (value: object, requestId: string) =>
    `${head}${write(value)}<ResponseMetadata><RequestId>${requestId}${tail}`;
});

export const awsQuery: Protocol = {
  name: "awsQuery",

  decode(operation, request) {
    const form = decoding("MalformedQueryString", () => parseForm(request.body, request.query));
    return decoding("MalformedInput", () => decoders(operation)(form) as Record<string, unknown>);
  },

  encode(operation, output, meta) {
    return {
      status: operation.status,
      headers: { "content-type": "text/xml", "x-amzn-requestid": meta.requestId },
      body: encoders(operation)(output, meta.requestId),
    };
  },

  encodeError(operation, error, meta) {
    const described = describe(operation, error);
    const status = described.shape?.error?.queryStatus ?? described.status;
    return {
      status,
      headers: { "content-type": "text/xml", "x-amzn-requestid": meta.requestId, ...error.headers },
      body: xmlErrorDocument(
        { ...described, status },
        meta,
        operation?.contract.xmlNamespace,
        writersOf(operation),
        operation !== undefined && haveDetail.has(operation.contract.service) ? "<Detail/>" : "",
      ),
    };
  },
};
