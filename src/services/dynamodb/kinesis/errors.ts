import { invalid } from "../errors.ts";

/** The message names enabling for all operations. */
const wrongState = (reason: string) =>
  invalid(`Table is not in a valid state to enable Kinesis Streaming Destination: ${reason}`);

export const alreadyEnabled = () =>
  wrongState(
    "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation.",
  );
export const notEnabled = () =>
  wrongState("KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.");
export const cannotBeUpdated = (table: string, stream: string) =>
  wrongState(
    `Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state. TableName: ${table}, kdsArn: ${stream}`,
  );
export const noSuchDestination = (table: string, stream: string) =>
  wrongState(`No streaming destination with streamArn: ${stream} found for table with tableName: ${table}`);
export const precisionUnchanged = (precision: string, tableId: string, stream: string) =>
  invalid(
    `Invalid Request: Precision is already set to the desired value of ${precision} for tableId: ${tableId}, kdsArn: ${stream}`,
  );
export const nothingToUpdate = () =>
  invalid(
    "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration cannot be null or contain only null values",
  );
export const disabledWithConfiguration = () =>
  invalid("Stream cannot be disabled using EnableKinesisStreamingConfiguration parameters");
