import { memoizeByObject } from "#lib/memoize.ts";
import type { Member, Operation } from "../contract/shapes.ts";
import { describe, isSender, type WireError } from "./errors/errors.ts";
import { headersWriter } from "./http/bindings.ts";
import { errorDocument } from "./json/errors.ts";
import {
  completeMembersWriter,
  jsonMembersReader,
  jsonMembersWriter,
  jsonReader,
  jsonWriter,
} from "./json/shapes.ts";
import type { Protocol } from "./protocol.ts";
import { type DocumentFormat, restDecoder, restEncoder } from "./rest.ts";

const refusal = { code: "SerializationException" };

/** Services whose responses have absent members as nulls. */
const sendNulls = new Set(["glacier"]);

const json: DocumentFormat = {
  contentType: () => "application/json",
  empty: "{}",
  readMembers: ({ input }) => jsonMembersReader(input, input.bodyMembers) as (body: Uint8Array) => object,
  writeMembers: ({ output, contract }) => {
    const writer = sendNulls.has(contract.service) ? completeMembersWriter : jsonMembersWriter;
    return writer(output, output.bodyMembers);
  },
  readPayload: (_operation, { shape }) => jsonReader(shape),
  writePayload: (_operation, { shape }) => jsonWriter(shape),
  refusals: () => ({ body: refusal, bindings: refusal }),
  events: { contentType: "application/json", read: jsonReader, write: jsonWriter },
};

const decoders = memoizeByObject((operation: Operation) => restDecoder(operation, json));
const encoders = memoizeByObject((operation: Operation) => restEncoder(operation, json));

export const restJson: Protocol = {
  name: "restJson1",

  decode(operation, request) {
    return decoders(operation)(request);
  },

  encode(operation, output, meta) {
    const response = encoders(operation)(output as Record<string, unknown>);
    response.headers["x-amzn-requestid"] = meta.requestId;
    return response;
  },

  encodeError(operation, error, meta) {
    const described = selfDescribed(operation, describe(operation, error));
    const headers: Record<string, string> = {
      "content-type": "application/json",
      "x-amzn-requestid": meta.requestId,
      "x-amzn-errortype": described.name,
      ...error.headers,
    };
    if (described.shape !== undefined) headersWriter(described.shape)({ ...described.values }, headers);
    const body = operation?.method === "HEAD" ? "" : errorDocument(described);
    return { status: described.status, headers, body };
  },
};

/**
 * Adds members that repeat the code and type of an error, as Glacier has both and Lambda the type, so that
 * handlers need not set them.
 */
function selfDescribed(operation: Operation | undefined, error: WireError): WireError {
  const sender = isSender(error.status);
  const messages: Record<string, string> = {
    code: error.code,
    type: sender ? "Client" : "Server",
    Type: sender ? "User" : "Service",
  };
  const values = { ...error.values };
  for (const { name, shape } of error.shape ? error.details : membersOfAll(operation)) {
    if (shape.kind === "scalar" && Object.hasOwn(messages, name)) values[name] ??= messages[name];
  }
  return { ...error, values };
}

/** If the service's errors have a `code` member, unmodelled errors have it as well. */
function membersOfAll(operation: Operation | undefined): readonly Member[] {
  const members = operation?.contract.error(operation.errors[0] ?? "")?.members ?? [];
  return members.some(({ name }) => name === "code") ? members : [];
}
