import { memoizeByObject } from "#lib/memoize.ts";
import type { ProtocolName } from "../contract/format.ts";
import type { Operation, StructureShape } from "../contract/shapes.ts";
import { cborErrorDocument } from "./cbor/errors.ts";
import { cborDocument, cborInMilliseconds } from "./cbor/shapes.ts";
import { bodyChecksum, isDynamodb } from "./dynamodb.ts";
import { describe, queryErrorHeader, rpcStatus } from "./errors/errors.ts";
import { absoluteType } from "./errors/types.ts";
import { type EventFormat, encodeEvents, eventStreamType } from "./events/stream.ts";
import { dynamodbReader } from "./json/dynamodb.ts";
import { errorDocument } from "./json/errors.ts";
import { rawWriter, withoutRaw } from "./json/raw.ts";
import {
  jsonMembersReader,
  jsonMembersWriter,
  jsonReader,
  jsonWriter,
  type ReadJson,
} from "./json/shapes.ts";
import { plainReader } from "./json/text.ts";
import type { Protocol, ResponseMeta } from "./protocol.ts";
import { decoding } from "./values/malformed.ts";
import { utf8 } from "./values/scalars.ts";

type Structure = Record<string, unknown>;

/** Kinesis's Java clients send CBOR with `X-Amz-Target`, otherwise like awsJson1_1, and expect CBOR back. */
const olderCbor = "application/x-amz-cbor-1.1";

function isCbor(contentType: string | undefined): boolean {
  return contentType?.startsWith(olderCbor) ?? false;
}

/**
 * In JSON, members have their own names, so a shape's codec is the same in both versions, and locations are
 * ignored.
 */
const jsonDecoders = memoizeByObject((operation: Operation) =>
  isDynamodb(operation)
    ? dynamodbReader(operation.input)
    : plainly(operation.input, jsonMembersReader(operation.input, operation.input.members)),
);
const jsonEncoders = memoizeByObject((operation: Operation) =>
  jsonMembersWriter(
    operation.output,
    operation.output.members.filter((member) => member !== operation.eventOutput),
  ),
);
const jsonAnswers = memoizeByObject((operation: Operation) => rawWriter(jsonEncoders(operation)));
const cborDecoders = memoizeByObject((operation: Operation) => cborInMilliseconds.reader(operation.input));
const cborEncoders = memoizeByObject((operation: Operation) =>
  cborDocument(cborInMilliseconds.writer(operation.output)),
);

/** A shape that consists only of texts and blobs is decoded directly from the text. */
function plainly(shape: StructureShape, read: ReadJson): ReadJson {
  const readPlain = plainReader(shape);
  return readPlain ? (body) => readPlain(utf8(body)) ?? read(body) : read;
}

function awsJson(name: ProtocolName, contentType: string, type: (absolute: string) => string): Protocol {
  const events: EventFormat = { contentType, read: jsonReader, write: jsonWriter };

  return {
    name,

    decode(operation, request) {
      const decode = isCbor(request.headers["content-type"])
        ? cborDecoders(operation)
        : jsonDecoders(operation);
      return decoding("SerializationException", () => decode(request.body) as Structure);
    },

    encode(operation, output, meta) {
      const { eventOutput, status } = operation;
      const headers = headersOf(operation, contentType, meta);
      if (eventOutput !== undefined) {
        const source = (output as Structure)[eventOutput.name] as AsyncIterable<Structure>;
        headers["content-type"] = eventStreamType;
        const initial = jsonEncoders(operation)(output);
        return { status, headers, body: encodeEvents(operation, source, events, initial) };
      }
      if (isCbor(meta.contentType)) {
        headers["content-type"] = olderCbor;
        return { status, headers, body: cborEncoders(operation)(withoutRaw(output)) };
      }
      const body = operation.hasOutput ? jsonAnswers(operation)(output) : "";
      Object.assign(headers, bodyChecksum(operation, body));
      return { status, headers, body };
    },

    encodeError(operation, error, meta) {
      const described = describe(operation, error);
      const cbor = isCbor(meta.contentType);
      const wireType = type(absoluteType(operation, described));
      const body = cbor
        ? cborErrorDocument(described, wireType, cborInMilliseconds)
        : errorDocument(described, wireType);
      return {
        status: rpcStatus(operation, described),
        headers: {
          ...headersOf(operation, cbor ? olderCbor : contentType, meta),
          ...queryErrorHeader(operation, described),
          ...bodyChecksum(operation, body),
          ...error.headers,
        },
        body,
      };
    },
  };
}

function headersOf(
  operation: Operation | undefined,
  contentType: string,
  { requestId, hostId }: ResponseMeta,
): Record<string, string> {
  const headers = { "content-type": contentType, "x-amzn-requestid": requestId };
  return operation && NAME_HOSTS.has(operation.contract.service)
    ? { ...headers, "x-amz-id-2": hostId }
    : headers;
}

/** Services whose responses have a second id, like S3's. */
const NAME_HOSTS: ReadonlySet<string> = new Set(["kinesis", "firehose"]);

export const awsJson10 = awsJson("awsJson1_0", "application/x-amz-json-1.0", (absolute) => absolute);
export const awsJson11 = awsJson("awsJson1_1", "application/x-amz-json-1.1", (absolute) =>
  absolute.slice(absolute.indexOf("#") + 1),
);
