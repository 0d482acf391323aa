import type { Operation, Shape, StructureShape } from "../../contract/shapes.ts";
import { AwsError } from "../../errors.ts";
import { describe } from "../errors/errors.ts";
import { Malformed } from "../values/malformed.ts";
import { utf8 } from "../values/scalars.ts";
import { decodeFrames, encodeFrame, type Frame, type HeaderValue } from "./frames.ts";

/** How a protocol encodes and decodes the content of an event. */
export interface EventFormat {
  contentType: string;
  write(shape: Shape, name: string): (value: unknown) => string | Uint8Array;
  read(shape: Shape): (payload: Uint8Array) => unknown;
}

export const eventStreamType = "application/vnd.amazon.eventstream";

type Structure = Record<string, unknown>;

/**
 * Encodes events as frames. An `AwsError` thrown by the source ends the stream with an error frame, because
 * the status has already been sent. Anything else that is thrown is a bug, and propagates to the consumer.
 *
 * @param initial the output's other members, which a protocol without headers sends before the first event
 */
export async function* encodeEvents(
  operation: Operation,
  events: AsyncIterable<Structure>,
  format: EventFormat,
  initial?: string | Uint8Array,
): AsyncGenerator<Uint8Array> {
  const union = operation.eventOutput!.shape as StructureShape;
  if (initial !== undefined) yield encodeFrame(eventFrame("initial-response", format.contentType, initial));
  try {
    for await (const event of events) yield encodeFrame(encodeEvent(union, event, format));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    yield encodeFrame(errorFrame(operation, union, error, format));
  }
}

function eventFrame(type: string, contentType: string | undefined, payload: string | Uint8Array): Frame {
  const headers: Record<string, HeaderValue> = { ":message-type": "event", ":event-type": type };
  if (contentType !== undefined) headers[":content-type"] = contentType;
  return { headers, payload: typeof payload === "string" ? Buffer.from(payload) : payload };
}

function encodeEvent(union: StructureShape, event: Structure, format: EventFormat): Frame {
  const type = Object.keys(event).find((key) => event[key] !== undefined) ?? "";
  const shape = union.member(type)?.shape;
  if (shape?.kind !== "structure") throw new Error(`${union.name} has no event ${type}`);
  const value = event[type] as Structure;
  const frame = eventFrame(type, ...payloadOf(shape, value, format));
  for (const member of shape.members) {
    if (member.eventHeader && value[member.name] != null) {
      frame.headers[member.name] = value[member.name] as HeaderValue;
    }
  }
  return frame;
}

/**
 * Content type and bytes of an event's payload: the payload member, or else all members that are not headers.
 */
function payloadOf(
  shape: StructureShape,
  value: Structure,
  format: EventFormat,
): [contentType: string | undefined, payload: string | Uint8Array] {
  const payload = shape.members.find((member) => member.eventPayload);
  if (payload === undefined) {
    const inBody = shape.members.some((member) => !member.eventHeader);
    return inBody ? [format.contentType, format.write(shape, shape.name)(value)] : [undefined, ""];
  }
  const content = value[payload.name];
  if (payload.shape.kind === "scalar") {
    const type = payload.shape.type === "blob" ? "application/octet-stream" : "text/plain";
    return [type, (content ?? "") as string | Uint8Array];
  }
  return [format.contentType, content == null ? "" : format.write(payload.shape, payload.xmlName)(content)];
}

/** A modelled error is a member of the stream's union; any other has its code and message in the headers. */
function errorFrame(
  operation: Operation,
  union: StructureShape,
  error: AwsError,
  format: EventFormat,
): Frame {
  const { name, code, message, messageName } = describe(operation, error);
  const member = union.members.find((one) => one.name === error.code || one.shape.name === name);
  if (member === undefined) {
    return {
      headers: { ":message-type": "error", ":error-code": code, ":error-message": message },
      payload: new Uint8Array(),
    };
  }
  const payload = format.write(member.shape, member.xmlName)({ ...error.members, [messageName]: message });
  return {
    headers: {
      ":message-type": "exception",
      ":exception-type": member.name,
      ":content-type": format.contentType,
    },
    payload: typeof payload === "string" ? Buffer.from(payload) : payload,
  };
}

/**
 * Decodes the events that a client sends. A frame that signs an event is unwrapped to that event.
 * @throws {AwsError} while the events are pulled
 */
export async function* decodeEvents(
  union: StructureShape,
  chunks: AsyncIterable<Uint8Array>,
  format: EventFormat,
): AsyncGenerator<Structure> {
  try {
    for await (const frame of decodeFrames(chunks)) {
      const event = decodeEvent(union, frame, format);
      if (event !== undefined) yield event;
    }
  } catch (error) {
    if (error instanceof Malformed)
      throw new AwsError("SerializationException", error.message, { cause: error });
    throw error;
  }
}

function decodeEvent(union: StructureShape, frame: Frame, format: EventFormat): Structure | undefined {
  const type = String(frame.headers[":event-type"] ?? "");
  const shape = union.member(type)?.shape;
  if (shape?.kind !== "structure") return undefined;
  const payload = shape.members.find((member) => member.eventPayload);
  const event: Structure = {};
  if (payload?.shape.kind === "scalar") {
    event[payload.name] = payload.shape.type === "blob" ? frame.payload : utf8(frame.payload);
  } else if (payload !== undefined) event[payload.name] = format.read(payload.shape)(frame.payload);
  else if (frame.payload.length > 0) Object.assign(event, format.read(shape)(frame.payload));
  for (const member of shape.members) {
    const value = frame.headers[member.name];
    if (member.eventHeader && value !== undefined) event[member.name] = value;
  }
  return { [type]: event };
}
