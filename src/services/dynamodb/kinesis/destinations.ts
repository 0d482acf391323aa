import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { type Destination, type Table, tables } from "../store.ts";
import { namedTable } from "../tables/named.ts";
import {
  alreadyEnabled,
  cannotBeUpdated,
  disabledWithConfiguration,
  noSuchDestination,
  notEnabled,
  nothingToUpdate,
  precisionUnchanged,
} from "./errors.ts";
import { failureOf } from "./stream.ts";

/** The most destinations of a table, including inactive ones. The oldest are dropped. */
const MAX_LISTED = 50;

export const destinationOperations = {
  /** The response always shows the destination as being enabled; afterwards it is active or failed. */
  async EnableKinesisStreamingDestination(ctx, input) {
    const { StreamArn: arn, EnableKinesisStreamingConfiguration: configuration = {} } = input;
    const failure = await failureOf(ctx, arn);
    const answer = await change(ctx, input, "ENABLING", (tx, { destinations = [] }) => {
      if (destinations.some(({ active }) => active)) throw alreadyEnabled();
      const precision = configuration.ApproximateCreationDateTimePrecision;
      return { arn, number: tx.sequence(), active: failure === undefined, failure, precision };
    });
    return { ...answer, EnableKinesisStreamingConfiguration: configuration };
  },

  async DisableKinesisStreamingDestination(ctx, input) {
    if (input.EnableKinesisStreamingConfiguration) throw disabledWithConfiguration();
    return change(ctx, input, "DISABLING", (_, __, destination) => {
      if (!destination?.active) throw notEnabled();
      return { ...destination, active: false };
    });
  },

  async UpdateKinesisStreamingDestination(ctx, input) {
    const { StreamArn: arn, UpdateKinesisStreamingConfiguration: configuration } = input;
    const precision = configuration?.ApproximateCreationDateTimePrecision;
    if (precision === undefined) throw nothingToUpdate();
    const answer = await change(ctx, input, "UPDATING", (_, { name, uuid }, destination) => {
      if (!destination) throw noSuchDestination(name, arn);
      if (!destination.active) throw cannotBeUpdated(name, arn);
      if ((destination.precision ?? "MILLISECOND") === precision)
        throw precisionUnchanged(precision, uuid, arn);
      return { ...destination, precision };
    });
    return { ...answer, UpdateKinesisStreamingConfiguration: configuration };
  },

  async DescribeKinesisStreamingDestination(ctx, { TableName }) {
    const { name, destinations = [] } = await ctx.read((tx) => namedTable(tx, TableName));
    return {
      TableName: name,
      KinesisDataStreamDestinations: destinations.map((one) => ({
        StreamArn: one.arn,
        DestinationStatus: statusOf(one),
        DestinationStatusDescription: one.failure,
        ApproximateCreationDateTimePrecision: one.precision,
      })),
    };
  },
} satisfies Handlers<"dynamodb">;

function statusOf({ active, failure }: Destination): DynamoDB.DestinationStatus {
  if (active) return "ACTIVE";
  return failure === undefined ? "DISABLED" : "ENABLE_FAILED";
}

/** Changes a destination at once. The response shows a transitional status; later calls show the final one. */
function change(
  ctx: Context,
  { TableName, StreamArn }: DynamoDB.KinesisStreamingDestinationInput,
  status: DynamoDB.DestinationStatus,
  to: (tx: Transaction, table: Table, destination: Destination | undefined) => Destination,
) {
  return ctx.transact(async (tx) => {
    const table = await namedTable(tx, TableName);
    const all = table.destinations ?? [];
    const changed = to(
      tx,
      table,
      all.find(({ arn }) => arn === StreamArn),
    );
    const destinations = [changed, ...all.filter(({ arn }) => arn !== StreamArn)].slice(0, MAX_LISTED);
    tx.put(tables, { ...table, destinations });
    return { TableName: table.name, StreamArn, DestinationStatus: status };
  });
}
