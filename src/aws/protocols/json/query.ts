import { memoizeByObject } from "#lib/memoize.ts";
import type { Operation, Shape, StructureShape } from "../../contract/shapes.ts";
import { isSender, type WireError } from "../errors/errors.ts";

/**
 * Encodes responses of the query protocol as JSON for requests with `Accept: application/json` or
 * `ContentType=JSON`, as sent by API Gateway's integrations, by clients that sign for others, and by boto.
 * Wrappers are kept, members are sorted by name, and absent members are null.
 */
export const jsonAnswerOf = memoizeByObject((operation: Operation) => {
  const { output, resultWrapper, wireName } = operation;
  const write = structure(output);
  return (value: object, requestId: string): string =>
    JSON.stringify({
      [`${wireName}Response`]: sorted({
        ...(resultWrapper === undefined ? {} : { [resultWrapper]: write(value) }),
        ResponseMetadata: { RequestId: requestId },
      }),
    });
});

/** @param hasDetail whether the service's errors end in a `Detail`, which is always empty */
export function jsonErrorOf(error: WireError, requestId: string, hasDetail: boolean): string {
  const Type = isSender(error.status) ? "Sender" : "Receiver";
  const { code: Code, message: Message } = error;
  return JSON.stringify({
    Error: { Code, ...(hasDetail && { Detail: null }), Message, Type },
    RequestId: requestId,
  });
}

export const wantsJson = (accept: string | undefined): boolean =>
  accept?.trimStart().toLowerCase().startsWith("application/json") ?? false;

type Write = (value: never) => unknown;

/** Lists whose names in this format differ from the model's. */
const OLDER_NAMES: Readonly<Record<string, string>> = {
  "ListQueuesResult.QueueUrls": "queueUrls",
  "ReceiveMessageResult.Messages": "messages",
};

const writerOf = memoizeByObject((shape: Shape): Write => {
  switch (shape.kind) {
    case "structure":
      return structure(shape);
    case "list":
      return (values: unknown[]) => values.map((value) => writerOf(shape.member)(value as never));
    case "map": {
      const { keyName, valueName, flattened, value: of } = shape;
      const write = (value: unknown) => writerOf(of)(value as never);
      const entries = (map: object) => Object.entries(map);
      return flattened
        ? (map: object) => entries(map).map(([key, value]) => ({ [keyName]: key, [valueName]: write(value) }))
        : (map: object) => Object.fromEntries(entries(map).map(([key, value]) => [key, write(value)]));
    }
    case "scalar":
      if (shape.type === "blob") return (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
      if (shape.type === "timestamp") return (date: Date) => date.getTime() / 1_000;
      return (value: unknown) => value;
    default:
      return (value: unknown) => value;
  }
});

function structure({ name: of, members }: StructureShape): (value: object) => object {
  const named = members.map(({ name, shape, flattened }) => ({
    name,
    wireName: OLDER_NAMES[`${of}.${name}`] ?? name,
    shape: flattened && shape.kind === "map" && !shape.flattened ? { ...shape, flattened } : shape,
  }));
  named.sort((a, b) => (a.wireName < b.wireName ? -1 : 1));
  return (value) =>
    Object.fromEntries(
      named.map(({ name, wireName, shape }) => {
        const member = (value as Record<string, unknown>)[name];
        return [wireName, member === undefined ? null : writerOf(shape)(member as never)];
      }),
    );
}

const sorted = (members: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
