import { faultsOf } from "#kernel/service.ts";
import { invalid } from "../errors.ts";

const fault = faultsOf<"dynamodb-streams">();

export const noSuchStream = (arn: string) =>
  fault("ResourceNotFoundException", `Requested resource not found: Stream: ${arn} not found`);
export const invalidStreamArn = () => invalid("Invalid StreamArn");
export const noSuchShard = () =>
  fault("ResourceNotFoundException", "Requested resource not found: Shard does not exist");
export const expiredIterator = () => fault("ExpiredIteratorException", "Shard iterator has expired");
export const trimmedData = () =>
  fault("TrimmedDataAccessException", "The data you are trying to access has been trimmed");
export const invalidIterator = () => invalid("Invalid ShardIterator");
export const invalidSequenceNumber = (given: string) => invalid(`Invalid SequenceNumber: ${given}`);

/** The model has no upper bound for a limit; the documentation of each operation states one. */
export function checkLimit(limit: number, max: number): void {
  if (limit > max)
    throw invalid(
      `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value less than or equal to ${max}`,
    );
}
