import { memoizeByObject } from "#lib/memoize.ts";
import type { Operation } from "../contract/shapes.ts";
import { describe } from "./errors/errors.ts";
import { parseForm } from "./form/form.ts";
import { formReaders } from "./form/shapes.ts";
import type { Protocol, ResponseMeta } from "./protocol.ts";
import { decoding } from "./values/malformed.ts";
import { isoWithMillis } from "./values/timestamps.ts";
import { xmlErrorContent } from "./xml/errors.ts";
import { xmlDeclaration, xmlWriters } from "./xml/writer.ts";

const readerOf = formReaders({ name: (member) => member.ec2Name, alwaysFlat: true });
const writers = xmlWriters(isoWithMillis);

const decoders = memoizeByObject((operation: Operation) => readerOf(operation.input));

const encoders = memoizeByObject((operation: Operation) => {
  const { output, wireName, contract } = operation;
  const xmlns = `http://ec2.amazonaws.com/doc/${contract.apiVersion}/`;
  const head = `${xmlDeclaration}<${wireName}Response xmlns="${xmlns}"><requestId>`;
  const tail = `</${wireName}Response>`;
  const write = writers.content(output);
  return (value: object, requestId: string) => `${head}${requestId}</requestId>${write(value)}${tail}`;
});

export const ec2Query: Protocol = {
  name: "ec2Query",

  decode(operation, request) {
    const form = decoding("MalformedQueryString", () => parseForm(request.body, request.query));
    return decoding("InvalidParameterValue", () => decoders(operation)(form) as Record<string, unknown>);
  },

  encode(operation, output, meta) {
    const body = encoders(operation)(output, meta.requestId);
    return { status: operation.status, headers: headersOf(meta), body };
  },

  encodeError(operation, error, meta) {
    const described = describe(operation, error);
    return {
      status: described.status,
      headers: { ...headersOf(meta), ...error.headers },
      body:
        `${xmlDeclaration}<Response><Errors><Error>${xmlErrorContent(described, writers)}</Error></Errors>` +
        `<RequestID>${meta.requestId}</RequestID></Response>`,
    };
  },
};

function headersOf({ requestId }: ResponseMeta): Record<string, string> {
  return { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": requestId };
}
