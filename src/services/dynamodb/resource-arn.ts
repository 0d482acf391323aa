import { parseArn } from "#aws/arn.ts";
import { invalidParameters } from "./errors.ts";

/** Whether an ARN belongs to another service, for which authorization fails instead of validation. */
export function isElsewhere(arn: string): boolean {
  const parsed = parseArn(arn);
  return parsed !== undefined && parsed.service !== "dynamodb";
}

/** Checks that a resource is a table or a stream: only these have tags and policies. @throws {AwsError} ValidationException */
export function checkResourceArn(arn: string): void {
  if (!arn.startsWith("arn:")) throw invalidParameters(`ARNs must start with 'arn:': ${arn}`);
  const parsed = parseArn(arn);
  const [, kind] = /^table\/[^/]+(?:\/([^/]+)\/.+)?$/.exec(parsed?.resource ?? "") ?? [undefined, ""];
  if (kind === "index")
    throw invalidParameters(
      `Invalid resource arn provided, only table or stream is accepted. Provided resource arn: ${arn}`,
    );
  if (parsed?.service !== "dynamodb" || (kind !== undefined && kind !== "stream"))
    throw invalidParameters(`Provided Arn is not a DynamoDB resource arn: ${arn}`);
}
