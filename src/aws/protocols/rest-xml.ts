import { memoizeByObject } from "#lib/memoize.ts";
import type { Operation, Shape } from "../contract/shapes.ts";
import { describe } from "./errors/errors.ts";
import { headersWriter } from "./http/bindings.ts";
import type { Protocol } from "./protocol.ts";
import { type DocumentFormat, restDecoder, restEncoder } from "./rest.ts";
import {
  checkHeaderSection,
  checkIntegers,
  checkParameters,
  isOfS3,
  isS3,
  isUnwrapped,
  requireDocument,
  s3ErrorDocument,
  s3Ids,
  s3Refusals,
  s3Types,
  unchunked,
  withFlags,
  withoutInvalidValues,
} from "./s3.ts";
import { versionsWriter } from "./s3-versions.ts";
import { Malformed } from "./values/malformed.ts";
import { utf8 } from "./values/scalars.ts";
import { isoWithMillis } from "./values/timestamps.ts";
import { xmlErrorDocument } from "./xml/errors.ts";
import { parseXml } from "./xml/reader.ts";
import { xmlMembersReader, xmlReader } from "./xml/shapes.ts";
import { type WriteXml, wrapped, xmlDeclaration, xmlWriters } from "./xml/writer.ts";

const writers = xmlWriters(isoWithMillis);

const refusal = { code: "MalformedInput" };

const xml: DocumentFormat = {
  contentType: (operation) => (isOfS3(operation) ? "application/xml" : "text/xml"),
  empty: "",
  readMembers({ input }) {
    const read = xmlMembersReader(input, input.bodyMembers);
    return (body) => read(parseXml(utf8(body))) as object;
  },
  writeMembers(operation) {
    const { output } = operation;
    const namespace = namespaceOf(operation, output);
    if (isUnwrapped(operation)) {
      const { name, xmlName, shape } = output.bodyMembers[0]!;
      const write = writers.element(xmlName, shape, namespace);
      return inDocument((value) => write((value as Record<string, unknown>)[name] ?? ""));
    }
    const root = output.xmlName ?? output.name;
    if (isS3(operation) && operation.name === "ListObjectVersions")
      return inDocument(wrapped(root, versionsWriter(output, writers), namespace));
    return inDocument(writers.element(root, { ...output, members: output.bodyMembers }, namespace));
  },
  readPayload(operation, { shape, xmlName }) {
    const read = xmlReader(shape);
    return (body) => {
      const root = parseXml(utf8(body));
      // S3 validates a document's root element; the models of other services are not exact about it.
      if (isS3(operation) && root.name !== xmlName) throw new Malformed(`<${root.name}> is not <${xmlName}>`);
      return read(root);
    };
  },
  writePayload(operation, { shape, xmlName, xmlNamespace }) {
    const root = shape.kind === "structure" ? (shape.xmlName ?? xmlName) : xmlName;
    return inDocument(writers.element(root, shape, xmlNamespace ?? namespaceOf(operation, shape)));
  },
  refusals: (operation) => (isOfS3(operation) ? s3Refusals(operation) : { body: refusal, bindings: refusal }),
  events: {
    contentType: "text/xml",
    read: (shape) => {
      const read = xmlReader(shape);
      return (payload) => read(parseXml(utf8(payload)));
    },
    write: (shape, name) => writers.element(name, shape),
  },
};

function inDocument(write: WriteXml): WriteXml {
  return (value) => xmlDeclaration + write(value);
}

function namespaceOf(operation: Operation, shape: Shape): { uri: string; prefix?: string } | undefined {
  if (shape.kind === "structure" && shape.xmlNamespace !== undefined) return shape.xmlNamespace;
  const uri = operation.contract.xmlNamespace;
  return uri === undefined ? undefined : { uri };
}

const decoders = memoizeByObject((operation: Operation) => restDecoder(operation, xml));
const encoders = memoizeByObject((operation: Operation) => restEncoder(operation, xml));

export const restXml: Protocol = {
  name: "restXml",

  decode(operation, request) {
    if (!isS3(operation)) return decoders(operation)(request);
    checkHeaderSection(request);
    checkParameters(operation, request);
    checkIntegers(operation, request.query);
    requireDocument(operation, request);
    return unchunked(
      decoders(operation)(withFlags(operation, withoutInvalidValues(request))),
      request.headers,
    );
  },

  encode(operation, output, meta) {
    const response = encoders(operation)(output as Record<string, unknown>);
    Object.assign(response.headers, isOfS3(operation) ? s3Ids(meta) : { "x-amzn-requestid": meta.requestId });
    const type = isS3(operation) ? s3Types.get(operation.name) : undefined;
    if (type !== undefined) response.headers["content-type"] = type;
    return response;
  },

  encodeError(operation, error, meta) {
    const described = describe(operation, error);
    const s3 = isOfS3(operation);
    const headers: Record<string, string> = {
      ...(s3 ? s3Ids(meta) : { "x-amzn-requestid": meta.requestId }),
      ...error.headers,
    };
    if (described.shape !== undefined) headersWriter(described.shape)({ ...described.values }, headers);
    const { status } = described;
    if (status === 304 || status === 307) return { status, headers, body: "" };
    headers["content-type"] = s3 ? "application/xml" : "text/xml";
    if (operation?.method === "HEAD") return { status, headers, body: "" };
    const body = s3
      ? s3ErrorDocument(operation, described.code, error, meta)
      : xmlErrorDocument(described, meta, operation?.contract.xmlNamespace, writers);
    return { status, headers, body };
  },
};
