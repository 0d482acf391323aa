import { invalidParameter, invalidValue } from "./errors.ts";

export const MOST_LISTED = 1_000;

/** @throws {AwsError} InvalidParameterValue */
export function checkMaxResults(given: number | undefined): void {
  if (given !== undefined && (given < 1 || given > MOST_LISTED))
    throw invalidValue(given, "MaxResults", `Must be between 1 and ${MOST_LISTED}, if provided.`);
}

export const invalidToken = () => invalidParameter("Invalid or expired next token.");
