import { AwsError } from "#aws/errors.ts";
import { faultsOf } from "#kernel/service.ts";
import { invalid, invalidParameters } from "../errors.ts";

const fault = faultsOf<"dynamodb">();
const noPolicy = (what: string) =>
  fault("PolicyNotFoundException", `Resource-based policy not found for the provided ResourceArn: ${what}`);

export const noSuchPolicy = (arn: string) => noPolicy(arn);
export const noPolicyOfRevision = (table: string, expected: string) =>
  noPolicy(
    `Requested update for policy with revision id ${expected}, but table ${table} has no associated policy.`,
  );
export const policyOfOtherRevision = (table: string, expected: string) =>
  noPolicy(
    `Requested update for policy with revision id ${expected}, but the policy associated to target table ${table} did not match.`,
  );
export const notTheOwner = () =>
  invalid("This action is only supported by accounts that match the resource owner’s account.");
export const notHere = (arn: string) => invalidParameters(`Invalid resource Arn: ${arn}`);
export const policyIsTooLong = (maxBytes: number) =>
  invalidParameters(`Maximum policy size of ${maxBytes} bytes exceeded`);
export const wrongDocument = (reason: string) => invalidParameters(`Invalid policy document: ${reason}`);
export const wrongPrincipal = () => invalidParameters("Invalid principal in policy document.");
export const isUnbounded = () =>
  invalid(
    "Resource-based policy grants unbounded access in one or more elements. Please revise the policy to ensure least-privilege form of access",
  );
export const locksOut = () =>
  new AwsError(
    "AccessDeniedException",
    "The new resource policy will not allow you to update the resource policy in the future.",
  );
