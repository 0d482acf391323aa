import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { invalid } from "../errors.ts";
import { type Destination, type Table, tables } from "../store.ts";
import { namedTable } from "../tables/named.ts";

const wrongState = (to: "enable" | "disable", wanted: string) =>
  invalid(
    `Table is not in a valid state to ${to} Kinesis Streaming Destination: EnableKinesisStreamingDestination must be ${wanted} to perform ${to.toUpperCase()} operation.`,
  );

export const destinationOperations = {
  async EnableKinesisStreamingDestination(ctx, input) {
    await ctx.aws.kinesis.DescribeStreamSummary({ StreamARN: input.StreamArn });
    const precision = input.EnableKinesisStreamingConfiguration?.ApproximateCreationDateTimePrecision;
    return change(ctx, input, "ENABLING", (tx, table, known) => {
      if (known?.active) throw wrongState("enable", "DISABLED or ENABLE_FAILED");
      if (table.destinations?.some(({ active }) => active))
        throw invalid("A table can have one active Kinesis streaming destination");
      return { arn: input.StreamArn, number: tx.sequence(), active: true, precision };
    });
  },

  async DisableKinesisStreamingDestination(ctx, input) {
    return change(ctx, input, "DISABLING", (_, __, known) => {
      if (!known?.active) throw wrongState("disable", "ACTIVE");
      return { ...known, active: false };
    });
  },

  async UpdateKinesisStreamingDestination(ctx, input) {
    const precision = input.UpdateKinesisStreamingConfiguration?.ApproximateCreationDateTimePrecision;
    if (precision === undefined)
      throw invalid("UpdateKinesisStreamingConfiguration must say an ApproximateCreationDateTimePrecision");
    const told = await change(ctx, input, "UPDATING", (_, __, known) => {
      if (!known?.active)
        throw invalid(
          "Table is not in a valid state to update Kinesis Streaming Destination: EnableKinesisStreamingDestination must be ACTIVE to perform UPDATE operation.",
        );
      return { ...known, precision };
    });
    const { EnableKinesisStreamingConfiguration: configuration, ...rest } = told;
    return { ...rest, UpdateKinesisStreamingConfiguration: configuration };
  },

  async DescribeKinesisStreamingDestination(ctx, { TableName }) {
    const table = await ctx.read((tx) => namedTable(tx, TableName));
    return {
      TableName: table.name,
      KinesisDataStreamDestinations: (table.destinations ?? []).map(({ arn, active, precision }) => ({
        StreamArn: arn,
        DestinationStatus: active ? ("ACTIVE" as const) : ("DISABLED" as const),
        ApproximateCreationDateTimePrecision: precision,
      })),
    };
  },
} satisfies Handlers<"dynamodb">;

/** Changes are waited for by nobody: what is told is a state on the way, and the next call finds the new one. */
function change(
  ctx: Context,
  { TableName, StreamArn }: DynamoDB.KinesisStreamingDestinationInput,
  status: DynamoDB.DestinationStatus,
  to: (tx: Transaction, table: Table, known: Destination | undefined) => Destination,
): Promise<DynamoDB.KinesisStreamingDestinationOutput> {
  return ctx.transact(async (tx) => {
    const table = await namedTable(tx, TableName);
    const all = table.destinations ?? [];
    const changed = to(
      tx,
      table,
      all.find(({ arn }) => arn === StreamArn),
    );
    tx.put(tables, { ...table, destinations: [...all.filter(({ arn }) => arn !== StreamArn), changed] });
    return {
      TableName: table.name,
      StreamArn,
      DestinationStatus: status,
      ...(changed.precision && {
        EnableKinesisStreamingConfiguration: { ApproximateCreationDateTimePrecision: changed.precision },
      }),
    };
  });
}
