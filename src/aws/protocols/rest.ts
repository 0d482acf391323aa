import { bodyOf } from "#lib/body.ts";
import type { Member, Operation, Shape, StructureShape } from "../contract/shapes.ts";
import { decodeEvents, type EventFormat, encodeEvents, eventStreamType } from "./events/stream.ts";
import { bindingsReader, headersWriter, statusMember } from "./http/bindings.ts";
import type { WireBody, WireRequest, WireResponse } from "./protocol.ts";
import { decoding } from "./values/malformed.ts";
import { utf8 } from "./values/scalars.ts";

type Structure = Record<string, unknown>;

/** The differences between restXml and restJson1: the document in the body. */
export interface DocumentFormat {
  contentType(operation: Operation): string;
  /** The body for an output that has no members in the body. */
  empty: string;
  /** The codec for operations whose members are in one document. */
  readMembers(operation: Operation): (body: Uint8Array) => object;
  writeMembers(operation: Operation): (output: Structure) => string;
  /** The codec for operations where one member is the document. */
  readPayload(operation: Operation, member: Member): (body: Uint8Array) => unknown;
  writePayload(operation: Operation, member: Member): (value: unknown) => string;
  events: EventFormat;
  /** AWS's errors for a malformed body, and for a malformed header, parameter or label. */
  refusals(operation: Operation): { body: Refusal; bindings: Refusal };
}

export interface Refusal {
  code: string;
  /** AWS's fixed message, if it does not describe the fault. */
  sentence?: string;
}

export type DecodeRest = (request: WireRequest) => Structure;

export function restDecoder(operation: Operation, format: DocumentFormat): DecodeRest {
  const readBindings = bindingsReader(operation);
  const readBody = bodyReader(operation, format);
  const { body, bindings } = format.refusals(operation);
  return (request) => {
    const input: Structure = {};
    decoding(body.code, () => readBody(request, input), body.sentence);
    decoding(bindings.code, () => readBindings(request, input), bindings.sentence);
    return input;
  };
}

function bodyReader(
  operation: Operation,
  format: DocumentFormat,
): (request: WireRequest, input: Structure) => void {
  const { payload, bodyMembers } = operation.input;
  if (payload !== undefined) return payloadReader(operation, payload, format);
  if (bodyMembers.length === 0) return () => {};
  const read = format.readMembers(operation);
  return (request, input) => {
    if (request.body.length > 0) Object.assign(input, read(request.body));
  };
}

function payloadReader(
  operation: Operation,
  payload: Member,
  format: DocumentFormat,
): (request: WireRequest, input: Structure) => void {
  const { name, shape } = payload;
  if (payload === operation.eventInput) {
    return (request, input) => {
      input[name] = decodeEvents(
        shape as StructureShape,
        request.stream ?? bodyOf(request.body),
        format.events,
      );
    };
  }
  if (payload.streaming) {
    return (request, input) => {
      input[name] = request.stream ?? bodyOf(request.body);
    };
  }
  // An absent document differs from an empty one: a function can be invoked without a payload, a bucket
  // created without XML.
  const read = isBlob(shape)
    ? (body: Uint8Array) => body
    : isText(shape)
      ? utf8
      : format.readPayload(operation, payload);
  return (request, input) => {
    if (request.body.length > 0) input[name] = read(request.body);
  };
}

export type EncodeRest = (output: Structure) => WireResponse;

export function restEncoder(operation: Operation, format: DocumentFormat): EncodeRest {
  const { output } = operation;
  const writeHeaders = headersWriter(output);
  const writeBody = bodyWriter(operation, format);
  const statusName = statusMember(output);
  const neverBody = operation.method === "HEAD";
  return (value) => {
    const headers: Record<string, string> = {};
    writeHeaders(value, headers);
    const status = statusOf(operation, value, statusName, headers);
    const body = neverBody || status === 204 || status === 304 ? "" : writeBody(value, headers);
    return { status, headers, body };
  };
}

/** Models have no status for partial content: it is 206 if the response has a Content-Range header. */
function statusOf(
  operation: Operation,
  value: Structure,
  statusName: string | undefined,
  headers: Record<string, string>,
): number {
  const status = statusName === undefined ? undefined : value[statusName];
  if (typeof status === "number") return status;
  return headers["content-range"] !== undefined && operation.status === 200 ? 206 : operation.status;
}

type WriteBody = (value: Structure, headers: Record<string, string>) => WireBody;

function bodyWriter(operation: Operation, format: DocumentFormat): WriteBody {
  const { payload, bodyMembers } = operation.output;
  if (payload !== undefined) return payloadWriter(operation, payload, format);
  const type = format.contentType(operation);
  const bare = bodyMembers.length === 0;
  if (bare && (format.empty === "" || !operation.hasOutput)) return () => "";
  const write = bare ? () => format.empty : format.writeMembers(operation);
  return (value, headers) => {
    headers["content-type"] ??= type;
    return write(value);
  };
}

function payloadWriter(operation: Operation, payload: Member, format: DocumentFormat): WriteBody {
  const { name, shape } = payload;
  if (payload === operation.eventOutput) {
    return (value, headers) => {
      headers["content-type"] = eventStreamType;
      return encodeEvents(operation, value[name] as AsyncIterable<Structure>, format.events);
    };
  }
  const asIs = payload.streaming || isBlob(shape) || isText(shape);
  const type = isText(shape)
    ? "text/plain"
    : asIs
      ? "application/octet-stream"
      : format.contentType(operation);
  const write = asIs ? (content: unknown) => content as WireBody : format.writePayload(operation, payload);
  return (value, headers) => {
    const content = value[name];
    if (content === undefined || content === null) return "";
    headers["content-type"] ??= type;
    const size = asIs ? sizeOf(content) : undefined;
    if (size !== undefined) headers["content-length"] ??= `${size}`;
    return write(content);
  };
}

/** A stream may declare its length, if the model has no member for that. */
function sizeOf(content: unknown): number | undefined {
  if (typeof content !== "object" || !content || !("size" in content)) return undefined;
  return typeof content.size === "number" ? content.size : undefined;
}

function isBlob(shape: Shape): boolean {
  return shape.kind === "scalar" && shape.type === "blob";
}

function isText(shape: Shape): boolean {
  return shape.kind === "scalar" && shape.type === "string";
}
