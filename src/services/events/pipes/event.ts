import { parseArn } from "#aws/arn.ts";
import type * as Streams from "#aws/contract/types/dynamodb-streams.ts";
import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type * as Sqs from "#aws/contract/types/sqs.ts";
import { parseExactly } from "#lib/exact-json.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "#lib/nesting.ts";
import type { Pipe } from "./store.ts";

/** An event of a source, on its way through a pipe. */
export interface PipeEvent {
  /** The source's id of the event, the same at each read. */
  id: string;
  /** The form that enrichments and targets get. */
  shown: unknown;
  /** The same with nested JSON parsed, for filters. */
  read: unknown;
  /** The same with numbers as they were written, for paths and templates. */
  exact: () => unknown;
}

type Parse = (text: string) => unknown;

const bothWays = (make: (parse: Parse) => unknown): Pick<PipeEvent, "read" | "exact"> => ({
  read: make((text) => parsed(text, JSON.parse)),
  exact: () => make((text) => parsed(text, parseExactly)),
});

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html */
export function messageEvent({ source }: Pipe, message: Sqs.Message): PipeEvent {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(
    ([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      {
        ...(StringValue !== undefined && { stringValue: StringValue }),
        ...(BinaryValue && { binaryValue: base64(BinaryValue) }),
        stringListValues: [],
        binaryListValues: [],
        dataType: DataType,
      },
    ],
  );
  const shown = {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body ?? "",
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(attributes),
    ...(message.MD5OfMessageAttributes && { md5OfMessageAttributes: message.MD5OfMessageAttributes }),
    md5OfBody: message.MD5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN: source,
    awsRegion: parseArn(source)!.region,
  };
  return { id: message.MessageId!, shown, ...bothWays((parse) => ({ ...shown, body: parse(shown.body) })) };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-kinesis.html */
export function recordEvent({ source, role }: Pipe, shard: string, record: Kinesis.Record): PipeEvent {
  const id = `${shard}:${record.SequenceNumber}`;
  const shown = {
    kinesisSchemaVersion: "1.0",
    partitionKey: record.PartitionKey,
    sequenceNumber: record.SequenceNumber,
    data: base64(record.Data),
    approximateArrivalTimestamp: record.ApproximateArrivalTimestamp!.getTime() / 1_000,
    eventSource: "aws:kinesis",
    eventVersion: "1.0",
    eventID: id,
    eventName: "aws:kinesis:record",
    invokeIdentityArn: role,
    awsRegion: parseArn(source)!.region,
    eventSourceARN: source,
  };
  const text = Buffer.from(record.Data).toString();
  return { id, shown, ...bothWays((parse) => ({ ...shown, data: parse(text) })) };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html */
export function changeEvent({ source }: Pipe, change: Streams.Record): PipeEvent {
  const { ApproximateCreationDateTime, ...rest } = change.dynamodb!;
  const shown = plain({
    eventID: change.eventID,
    eventName: change.eventName,
    eventVersion: change.eventVersion,
    eventSource: change.eventSource,
    awsRegion: change.awsRegion,
    dynamodb: { ApproximateCreationDateTime: ApproximateCreationDateTime!.getTime() / 1_000, ...rest },
    ...(change.userIdentity && {
      userIdentity: { principalId: change.userIdentity.PrincipalId, type: change.userIdentity.Type },
    }),
    eventSourceARN: source,
  });
  return { id: change.eventID!, shown, read: shown, exact: () => shown };
}

/** The parsed JSON of a text, or the text itself. */
function parsed(text: string, parse: Parse): unknown {
  try {
    return isDeeperThan(MAX_JSON_DEPTH, JSON.parse(text)) ? text : parse(text);
  } catch {
    return text;
  }
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

/** Turns bytes into base64, at any depth. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return base64(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}
