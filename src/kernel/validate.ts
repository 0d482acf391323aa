import { type Violation, violationMessage, violations } from "#aws/contract/constraints.ts";
import type { Operation } from "#aws/contract/shapes.ts";
import { AwsError } from "#aws/errors.ts";

/**
 * Judges an input by what the contract says of it, and tells in the words of AWS's own framework. Services that have
 * words of their own (S3, EC2, SQS) judge for themselves.
 * @param more what the service itself has found
 * @throws {AwsError} ValidationException, or ValidationError in the query protocols
 */
export function validate(
  { contract, input: shape }: Operation,
  input: object,
  more: readonly Violation[] = [],
): void {
  const dialect = contract.validation;
  if (dialect === "none") return;
  const found = violations(shape, input, dialect, more);
  if (found.length === 0) return;
  const query = contract.protocols.includes("awsQuery") || contract.protocols.includes("ec2Query");
  throw new AwsError(query ? "ValidationError" : "ValidationException", violationMessage(found, dialect), {
    ...(dialect === "smithy" && { members: { fieldList: found } }),
  });
}
