import { faultsOf } from "#kernel/service.ts";
import { invalid } from "../errors.ts";

const fault = faultsOf<"dynamodb">();

export const notWellFormed = (why: string) =>
  invalid(`Statement wasn't well formed, can't be processed: ${why}`);
export const wrongParameters = () => invalid("Number of parameters in request and statement don't match.");
export const keyNotGiven = () =>
  invalid("Where clause does not contain a mandatory equality on all key attributes");
export const primaryKeyNotGiven = (operation: string) =>
  invalid(`Select statements within ${operation} must specify the primary key in the where clause.`);
export const notOnIndex = () => invalid("This operation is not supported on an index");
export const wrongOrder = (why: string) => invalid(`Must have ${why} when using ORDER BY clause.`);

export const hashKeyNotOrdered = () =>
  invalid(
    "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.",
  );

export const DUPLICATE = "Duplicate primary key exists in table";
export const duplicateItem = () => fault("DuplicateItemException", DUPLICATE);
