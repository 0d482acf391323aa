import type * as Firehose from "#aws/contract/types/firehose.ts";
import { notImplemented } from "#aws/errors.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import {
  clusterMissing,
  encryptsOnlyDirectPut,
  noSuchDestination,
  sourceMissing,
  streamExists,
  tablesMissing,
  tooManyStreams,
  versionMismatch,
} from "../errors.ts";
import { checkSource, follow } from "../source.ts";
import { cursors, type DeliveryStream, streamArn, streamAt, streams } from "../store.ts";
import { DESTINATION_ID, destinationDescription, destinationOf, updated } from "./destinations.ts";
import { checkKey, encryptionDescription } from "./encryption.ts";
import { withTags } from "./tags.ts";

const PAGE = 999;
/** The quota of an account in a Region: https://docs.aws.amazon.com/firehose/latest/dev/limits.html */
const MAX_STREAMS = 5_000;

export const streamOperations = {
  async CreateDeliveryStream(ctx, input) {
    const { DeliveryStreamName: name } = input;
    const source = sourceOf(input);
    const destination = destinationOf(ctx, input);
    const encryption = input.DeliveryStreamEncryptionConfigurationInput;
    if (encryption) checkKey(ctx, encryption);
    const tags = withTags({}, input.Tags ?? []);
    if (source) await checkSource(ctx, source.KinesisStreamARN);
    return ctx.transact(async (tx) => {
      if (await tx.get(streams, [name])) throw streamExists(name, ctx.account);
      if (await areTooMany(tx)) throw tooManyStreams(MAX_STREAMS);
      const number = tx.sequence();
      tx.put(streams, {
        name,
        number,
        version: 1,
        source: source && { arn: source.KinesisStreamARN, role: source.RoleARN, start: tx.now() },
        throughputHint: source ? undefined : input.DirectPutSourceConfiguration?.ThroughputHintInMBs,
        destination,
        isEncrypted: encryption !== undefined,
        tags,
        created: tx.now(),
      });
      if (source) tx.enqueue(follow, { name, number });
      return { DeliveryStreamARN: streamArn(ctx, name) };
    });
  },

  async DescribeDeliveryStream(ctx, { DeliveryStreamName, ExclusiveStartDestinationId: after }) {
    const stream = await ctx.read((tx) => streamAt(tx, ctx, DeliveryStreamName));
    const described = description(ctx, stream);
    const isPast = after !== undefined && after >= DESTINATION_ID;
    return { DeliveryStreamDescription: isPast ? { ...described, Destinations: [] } : described };
  },

  async ListDeliveryStreams(ctx, input) {
    const { Limit = 10, DeliveryStreamType: type, ExclusiveStartDeliveryStreamName: start } = input;
    const names: string[] = [];
    await ctx.read(async (tx) => {
      for (let after = start; names.length <= Limit; ) {
        const page = await tx.list(streams, { limit: PAGE, ...(after !== undefined && { after: [after] }) });
        names.push(
          ...page.filter((one) => type === undefined || typeOf(one) === type).map(({ name }) => name),
        );
        if (page.length < PAGE) return;
        after = page.at(-1)!.name;
      }
    });
    return {
      DeliveryStreamNames: names.slice(0, Limit),
      HasMoreDeliveryStreams: names.length > Limit,
    };
  },

  async DeleteDeliveryStream(ctx, { DeliveryStreamName }) {
    return ctx.transact(async (tx) => {
      const { name, number } = await streamAt(tx, ctx, DeliveryStreamName);
      tx.delete(streams, [name]);
      // Its batches are discarded when they are due.
      for (let read = PAGE; read === PAGE; ) {
        const page = await tx.list(cursors, { in: [number], limit: PAGE });
        for (const { shard } of page) tx.delete(cursors, [number, shard]);
        read = page.length;
      }
      return {};
    });
  },

  async UpdateDestination(ctx, input) {
    const { DeliveryStreamName, DestinationId, CurrentDeliveryStreamVersionId: version } = input;
    return ctx.transact(async (tx) => {
      const stream = await streamAt(tx, ctx, DeliveryStreamName);
      if (String(stream.version) !== version) throw versionMismatch(stream.name, stream.version, version);
      if (DestinationId !== DESTINATION_ID) throw noSuchDestination(DestinationId);
      tx.put(streams, {
        ...stream,
        version: stream.version + 1,
        updated: tx.now(),
        destination: updated(ctx, stream.destination, input),
      });
      return {};
    });
  },
} satisfies Handlers<"firehose">;

async function areTooMany(tx: ReadTransaction): Promise<boolean> {
  let count = 0;
  for (let last: DeliveryStream | undefined; ; ) {
    const page = await tx.list(streams, { limit: PAGE, ...(last && { after: [last.name] }) });
    count += page.length;
    last = page.at(-1);
    if (count >= MAX_STREAMS || page.length < PAGE) return count >= MAX_STREAMS;
  }
}

function sourceOf(
  input: Firehose.CreateDeliveryStreamInput,
): Firehose.KinesisStreamSourceConfiguration | undefined {
  const { DeliveryStreamType: type = "DirectPut", KinesisStreamSourceConfiguration: kinesis } = input;
  // AWS ignores a source that does not match the type.
  if (type === "DirectPut") return undefined;
  if (type === "MSKAsSource" && !input.MSKSourceConfiguration) throw clusterMissing();
  if (type === "DatabaseAsSource" && !input.IcebergDestinationConfiguration) throw tablesMissing();
  if (type !== "KinesisStreamAsSource") throw notImplemented(`delivery streams of type ${type}`);
  if (!kinesis) throw sourceMissing();
  if (input.DeliveryStreamEncryptionConfigurationInput) throw encryptsOnlyDirectPut();
  return kinesis;
}

const typeOf = ({ source }: DeliveryStream) =>
  source ? ("KinesisStreamAsSource" as const) : ("DirectPut" as const);

function description(place: Place, stream: DeliveryStream): Firehose.DeliveryStreamDescription {
  return {
    DeliveryStreamName: stream.name,
    DeliveryStreamARN: streamArn(place, stream.name),
    DeliveryStreamStatus: "ACTIVE",
    DeliveryStreamEncryptionConfiguration: encryptionDescription(stream),
    DeliveryStreamType: typeOf(stream),
    VersionId: String(stream.version),
    CreateTimestamp: new Date(stream.created),
    ...(stream.updated !== undefined && { LastUpdateTimestamp: new Date(stream.updated) }),
    ...sourceDescription(stream),
    Destinations: [destinationDescription(stream.destination)],
    HasMoreDestinations: false,
  };
}

function sourceDescription({ source, throughputHint }: DeliveryStream): {
  Source?: Firehose.SourceDescription;
} {
  if (source)
    return {
      Source: {
        KinesisStreamSourceDescription: {
          KinesisStreamARN: source.arn,
          RoleARN: source.role,
          DeliveryStartTimestamp: new Date(source.start),
        },
      },
    };
  if (throughputHint === undefined) return {};
  return { Source: { DirectPutSourceDescription: { ThroughputHintInMBs: throughputHint } } };
}
