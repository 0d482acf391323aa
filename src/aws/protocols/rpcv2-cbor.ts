import { memoizeByObject } from "#lib/memoize.ts";
import type { Operation, Shape, StructureShape } from "../contract/shapes.ts";
import { cborErrorDocument } from "./cbor/errors.ts";
import { cborDocument, cborInSeconds } from "./cbor/shapes.ts";
import { describe, queryErrorHeader, rpcStatus } from "./errors/errors.ts";
import { absoluteType } from "./errors/types.ts";
import { type EventFormat, encodeEvents, eventStreamType } from "./events/stream.ts";
import type { Protocol, ResponseMeta } from "./protocol.ts";
import { decoding } from "./values/malformed.ts";

type Structure = Record<string, unknown>;

const decoders = memoizeByObject((operation: Operation) => cborInSeconds.reader(operation.input));
const encoders = memoizeByObject((operation: Operation) =>
  cborDocument(cborInSeconds.writer(outputOf(operation))),
);

/** The output without its events, which follow in separate frames. */
function outputOf({ output, eventOutput }: Operation): StructureShape {
  if (eventOutput === undefined) return output;
  return { ...output, members: output.members.filter((member) => member !== eventOutput) };
}

const events: EventFormat = {
  contentType: "application/cbor",
  read: (shape: Shape) => cborInSeconds.reader(shape),
  write: (shape: Shape) => cborDocument(cborInSeconds.writer(shape)),
};

export const rpcv2Cbor: Protocol = {
  name: "rpcv2Cbor",

  decode(operation, request) {
    return decoding("SerializationException", () => decoders(operation)(request.body) as Structure);
  },

  encode(operation, output, meta) {
    const { eventOutput, status } = operation;
    const headers = headersOf(meta);
    const body = encoders(operation)(output);
    if (eventOutput === undefined) return { status, headers, body };
    headers["content-type"] = eventStreamType;
    const source = (output as Structure)[eventOutput.name] as AsyncIterable<Structure>;
    return { status, headers, body: encodeEvents(operation, source, events, body) };
  },

  encodeError(operation, error, meta) {
    const described = describe(operation, error);
    return {
      status: rpcStatus(operation, described),
      headers: { ...headersOf(meta), ...queryErrorHeader(operation, described), ...error.headers },
      body: cborErrorDocument(described, absoluteType(operation, described), cborInSeconds),
    };
  },
};

function headersOf({ requestId }: ResponseMeta): Record<string, string> {
  return {
    "content-type": "application/cbor",
    "smithy-protocol": "rpc-v2-cbor",
    "x-amzn-requestid": requestId,
  };
}
