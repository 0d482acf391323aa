import { invalidParameters } from "./errors.ts";

/** AWS's model has no bound. One is needed as the token is part of an index key of exports and imports. */
const MAX_LENGTH = 512;

/** @throws {AwsError} ValidationException */
export function checkClientToken(token: string | undefined): void {
  if (token !== undefined && token.length > MAX_LENGTH)
    throw invalidParameters(`ClientToken is longer than ${MAX_LENGTH} characters`);
}
