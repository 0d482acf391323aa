import { memoizeByObject } from "#lib/memoize.ts";
import type { Operation } from "../contract/shapes.ts";
import { describe } from "./errors/errors.ts";
import { parseForm } from "./form/form.ts";
import { formReaders } from "./form/shapes.ts";
import { jsonAnswerOf, jsonErrorOf, wantsJson } from "./json/query.ts";
import type { Protocol, ResponseMeta } from "./protocol.ts";
import { decoding } from "./values/malformed.ts";
import { isoInSeconds, isoWithMillis } from "./values/timestamps.ts";
import { xmlErrorDocument } from "./xml/errors.ts";
import { escapeXml, type XmlWriters, xmlWriters } from "./xml/writer.ts";

const readerOf = formReaders({ name: (member) => member.queryName, alwaysFlat: false });

const inMillis = xmlWriters(isoWithMillis);
const inSeconds = xmlWriters(isoInSeconds);
const printSeconds = new Set(["iam", "sts"]);
/** Services whose errors end in an empty `Detail`. */
const haveDetail = new Set(["sqs"]);

function writersOf(operation: Operation | undefined): XmlWriters {
  return operation !== undefined && printSeconds.has(operation.contract.service) ? inSeconds : inMillis;
}

/** The error for a request without an Action, of services whose first protocol is a different one. */
const UNKNOWN = "UnknownOperationException";

const decoders = memoizeByObject((operation: Operation) => readerOf(operation.input));

const encoders = memoizeByObject((operation: Operation) => {
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
    const inJson = wantsJson(meta.accept);
    return {
      status: operation.status,
      headers: headersOf(meta, inJson),
      body: (inJson ? jsonAnswerOf : encoders)(operation)(output, meta.requestId),
    };
  },

  encodeError(operation, error, meta) {
    if (error.code === UNKNOWN)
      return { status: error.status, headers: headersOf(meta, false), body: `<${UNKNOWN}/>` };
    const described = describe(operation, error);
    const status = described.shape?.error?.queryStatus ?? described.status;
    const hasDetail = operation !== undefined && haveDetail.has(operation.contract.service);
    const inJson = wantsJson(meta.accept);
    const failure = { ...described, status };
    const namespace = operation?.contract.xmlNamespace;
    return {
      status,
      headers: { ...headersOf(meta, inJson), ...error.headers },
      body: inJson
        ? jsonErrorOf(failure, meta.requestId, hasDetail)
        : xmlErrorDocument(failure, meta, namespace, writersOf(operation), hasDetail ? "<Detail/>" : ""),
    };
  },
};

const headersOf = ({ requestId }: ResponseMeta, inJson: boolean) => ({
  "content-type": inJson ? "application/json" : "text/xml",
  "x-amzn-requestid": requestId,
});
