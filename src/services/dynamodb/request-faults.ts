import { AwsError } from "#aws/errors.ts";
import { invalid } from "./errors.ts";

/** What is reported as a violation of some errors. */
const details = new WeakMap<AwsError, string>();

/**
 * A fault of a request that PutItem and UpdateItem report like a violation of a constraint, and the other operations as it
 * is. Faults that depend on the table, values of no type or several, and the size of an item are not among them.
 * https://github.com/nubo-db/dynoxide/pull/152 (measured in eu-west-2 in July 2026)
 * https://github.com/ExtendDB/extenddb/issues/365 (measured in September 2026)
 * @param detail what is reported as the violation, if it differs
 */
export function requestFault(message: string, detail = message): AwsError {
  const fault = invalid(message);
  details.set(fault, detail);
  return fault;
}

export const detailOf = (error: AwsError): string | undefined => details.get(error);

/** Runs the checks of a PutItem or UpdateItem request. @throws what `check` throws, request faults as violations */
export function asViolations<R>(check: () => R): R {
  try {
    return check();
  } catch (error) {
    const detail = error instanceof AwsError ? detailOf(error) : undefined;
    throw detail === undefined ? error : invalid(`1 validation error detected: ${detail}`);
  }
}
