import { faultsOf } from "#kernel/service.ts";
import { invalid } from "../errors.ts";

const fault = faultsOf<"dynamodb">();

export const noSuchImport = (arn: string) =>
  fault("ImportNotFoundException", `Import not found: Import not found: ${arn}`);
export const notAnImport = () => invalid("Invalid Import ARN");
export const importConflict = () =>
  fault("ImportConflictException", "Import conflict: Duplicate request detected with conflicting parameters");
export const unsupportedOptions = (format: string) =>
  invalid(`Invalid Request: Unsupported InputFormatOptions for the given input format: ${format}.`);
export const headerTooLong = () =>
  invalid("Invalid Request: The list of headers must not have more than 1 MB.");
export const wrongToken = (token: string) =>
  invalid(`Invalid Request: Provided nextToken is invalid: ${token}`);

/** The failure of an import with invalid items. */
export const SOME_ITEMS_FAILED = {
  code: "ItemValidationError",
  message:
    "Some of the items failed validation checks and were not imported. Please check CloudWatch error logs for more details.",
};
export const nameTaken = (name: string) => ({
  code: "TableAlreadyExists",
  message: `Table already exists: ${name}`,
});
