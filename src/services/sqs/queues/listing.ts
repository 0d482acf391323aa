import { invalidParameter } from "../errors.ts";

export const MAX_LISTED = 1_000;

/** @throws {AwsError} InvalidParameterValue */
export function checkMaxResults(value: number | undefined): void {
  if (value !== undefined && (value < 1 || value > MAX_LISTED))
    throw invalidParameter(
      `Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and ${MAX_LISTED}.`,
    );
}
