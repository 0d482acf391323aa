import { invalidParameters } from "./errors.ts";

/** AWS's model tells of no bound, and exports and imports are found by theirs. */
const LONGEST = 512;

/** @throws {AwsError} ValidationException */
export function checkClientToken(token: string | undefined): void {
  if (token !== undefined && token.length > LONGEST)
    throw invalidParameters(`ClientToken is longer than ${LONGEST} characters`);
}
