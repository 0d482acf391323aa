import { type Violation, violationMessage, violations } from "#aws/contract/constraints.ts";
import type { Operation } from "#aws/contract/shapes.ts";
import { AwsError } from "#aws/errors.ts";

/**
 * Validates an input against the contract, with the messages of AWS's own framework. Services with their own
 * messages (S3, EC2, SQS) do their own validation.
 * @param more violations that the service itself has found
 * @throws {AwsError} ValidationException, or ValidationError in the query protocols
 */
export function validate(
  { contract, input: shape }: Operation,
  input: object,
  more: readonly Violation[] = [],
): void {
  const dialect = contract.validation;
  if (dialect === "none") return;
  const all = violations(shape, input, dialect, more);
  if (all.length === 0) return;
  const query = contract.protocols.includes("awsQuery") || contract.protocols.includes("ec2Query");
  throw new AwsError(query ? "ValidationError" : "ValidationException", violationMessage(all, dialect), {
    ...(dialect === "smithy" && { members: { fieldList: all } }),
  });
}
