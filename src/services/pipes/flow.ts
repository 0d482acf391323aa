import { parseArn } from "#aws/arn.ts";
import type { Message } from "#aws/contract/types/sqs.ts";
import { eventPattern } from "#aws/languages/event-pattern/match.ts";
import { fillTemplate } from "#aws/languages/input-template.ts";
import { atJsonPath, parseJsonPath } from "#aws/languages/json-path.ts";
import type { Clients } from "#kernel/clients.ts";
import type { Place } from "#kernel/collection.ts";
import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/jobs.ts";
import { rootOf } from "#kernel/principal.ts";
import { deliver } from "#kernel/targets.ts";
import { type Pipe, pipeArn, pipes } from "./store.ts";

/** When to look again into a queue that was empty. */
const LOOK_AGAIN_MS = 1_000;
/** Messages of one ReceiveMessage. */
const MOST_RECEIVED = 10;

/**
 * A running pipe: takes what its source has, drops what its filters do not want, and hands on the rest. A message is
 * deleted when the target has it; what the target refuses comes back when its visibility ends, and goes the way that the
 * queue's own redrive policy says.
 */
export const flow = job<{ name: string; revision: number }>("pipes/flow", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { name, revision }) {
    const pipe = await ctx.read((tx) => tx.get(pipes, [name]));
    if (pipe?.revision !== revision || pipe.current !== "RUNNING") return undefined;
    const moved = await moveOnce(ctx, pipe);
    return moved > 0 ? { again: 0, idle: true } : { again: LOOK_AGAIN_MS, idle: true };
  },
});

async function moveOnce(ctx: Context, pipe: Pipe): Promise<number> {
  const { account, region, resource } = parseArn(pipe.source)!;
  // What the role may do is its account's to say.
  const caller = rootOf(parseArn(pipe.role)?.account ?? ctx.account);
  const { sqs } = ctx.as(caller, undefined, { account, region }).aws;
  const QueueUrl = `https://sqs.${region}.amazonaws.com/${account}/${resource}`;
  const { Messages = [] } = await sqs.ReceiveMessage({
    QueueUrl,
    MaxNumberOfMessages: Math.min(
      MOST_RECEIVED,
      pipe.sourceParameters.SqsQueueParameters?.BatchSize ?? MOST_RECEIVED,
    ),
    MessageSystemAttributeNames: ["All"],
    MessageAttributeNames: ["All"],
  });
  const parts = parseArn(pipe.target)!;
  const place: Place = { account: parts.account || ctx.account, region: parts.region || ctx.region };
  const target = ctx.as(caller, undefined, place).aws;
  for (const message of Messages) {
    const record = recordOf(pipe, message);
    try {
      if (isWanted(pipe, record)) await handOver(ctx, target, pipe, record);
    } catch (error) {
      ctx.log.warn("a pipe's target refused a record", { pipe: pipe.name, error });
      continue;
    }
    await sqs.DeleteMessage({ QueueUrl, ReceiptHandle: message.ReceiptHandle! });
  }
  return Messages.length;
}

/** A message as functions and pipes are told it. */
function recordOf({ source }: Pipe, message: Message) {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body ?? "",
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(
        ([name, { DataType, StringValue, BinaryValue }]) => [
          name,
          {
            dataType: DataType,
            ...(StringValue !== undefined && { stringValue: StringValue }),
            ...(BinaryValue && { binaryValue: Buffer.from(BinaryValue).toString("base64") }),
          },
        ],
      ),
    ),
    md5OfBody: message.MD5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN: source,
    awsRegion: parseArn(source)!.region,
  };
}

type SqsRecord = ReturnType<typeof recordOf>;

/** A body that is JSON is looked into as such. */
function parsed(record: SqsRecord): object {
  try {
    return { ...record, body: JSON.parse(record.body) as unknown };
  } catch {
    return record;
  }
}

/** Whether one of the filters lets it pass; without any, all do. */
function isWanted({ sourceParameters }: Pipe, record: SqsRecord): boolean {
  const filters = sourceParameters.FilterCriteria?.Filters ?? [];
  const document = parsed(record) as never;
  return filters.length === 0 || filters.some(({ Pattern }) => eventPattern(Pattern!).matches(document));
}

/** Functions and state machines are given lists, all others one record. */
const TAKES_LISTS = new Set(["lambda", "states"]);

async function handOver(ctx: Context, target: Clients, pipe: Pipe, record: SqsRecord): Promise<void> {
  const {
    InputTemplate: template,
    SqsQueueParameters: sqs,
    KinesisStreamParameters: kinesis,
    EventBridgeEventBusParameters: bus,
  } = pipe.targetParameters ?? {};
  const filled = template === undefined ? JSON.stringify(record) : fill(ctx, pipe, template, record);
  const value = (text: string | undefined) => text && valueIn(record, text);
  await deliver(target, pipe.target, {
    payload: TAKES_LISTS.has(parseArn(pipe.target)!.service) ? `[${filled}]` : filled,
    messageGroupId: value(sqs?.MessageGroupId),
    messageDeduplicationId: value(sqs?.MessageDeduplicationId),
    partitionKey: value(kinesis?.PartitionKey),
    source: value(bus?.Source) ?? `Pipe ${pipe.name}`,
    detailType: value(bus?.DetailType) ?? "Event from aws:sqs",
    name: record.messageId,
  });
}

function fill(ctx: Context, pipe: Pipe, template: string, record: SqsRecord): string {
  const known: Record<string, unknown> = {
    "aws.pipes.pipe-arn": pipeArn(ctx, pipe.name),
    "aws.pipes.pipe-name": pipe.name,
    "aws.pipes.source-arn": pipe.source,
    "aws.pipes.target-arn": pipe.target,
    "aws.pipes.event.ingestion-time": new Date(ctx.clock.now()).toISOString(),
    "aws.pipes.event": record,
    "aws.pipes.event.json": parsed(record),
  };
  return fillTemplate(
    template,
    (name) => (name.startsWith("$") ? atPath(record, name) : known[name]),
    (name) => Object.hasOwn(known, name) || parseJsonPath(name) !== undefined,
  );
}

/** A parameter is a text, or leads into the record. */
function valueIn(record: SqsRecord, text: string): string {
  if (!text.startsWith("$.")) return text;
  const found = atPath(record, text);
  return typeof found === "string" ? found : JSON.stringify(found ?? "");
}

const atPath = (record: SqsRecord, path: string) => atJsonPath(parsed(record), parseJsonPath(path) ?? []);
