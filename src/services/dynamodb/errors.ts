import { AwsError } from "#aws/errors.ts";
import { faultsOf } from "#kernel/service.ts";

const fault = faultsOf<"dynamodb">();

export const invalid = (message: string) => new AwsError("ValidationException", message);
export const invalidParameters = (reason: string) =>
  invalid(`One or more parameter values were invalid: ${reason}`);
export const serialization = (message: string) => new AwsError("SerializationException", message);

export const otherRegion = (arn: string) =>
  invalid(`1 validation error detected: Invalid AWS region in '${arn}'`);
export const accessDenied = () => new AwsError("AccessDeniedException", "Access is denied");

export const noSuchTable = () => fault("ResourceNotFoundException", "Requested resource not found");
export const noSuchTableNamed = (name: string) =>
  fault("ResourceNotFoundException", `Requested resource not found: Table: ${name} not found`);
export const noSuchIndex = (index: string) =>
  invalid(`The table does not have the specified index: ${index}`);
export const indexIsFilling = () => invalid("Cannot read from backfilling global secondary index");
export const noSuchTableIndex = (table: string, index: string) =>
  fault(
    "ResourceNotFoundException",
    `Requested resource not found: Index: ${index} not found for table: ${table}`,
  );
export const noSuchIndexOf = (table: string, index: string) =>
  fault("ResourceNotFoundException", `Requested resource not found: Index ${index} for table ${table}`);
export const noSuchResource = (arn: string) =>
  fault("ResourceNotFoundException", `Requested resource not found: ResourceArn: ${arn} not found`);
export const tableExists = (name: string) => fault("ResourceInUseException", `Table already exists: ${name}`);
export const tableIsBeingCopied = (name: string) =>
  fault("ResourceInUseException", `Table is being backed up or restored: ${name}`);
export const tableIsProtected = () =>
  invalid(
    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
  );
export const indexesAreChanging = () =>
  tableIsBusy(
    "Attempt to change a resource which is still in use: Cannot delete table while indexes are being created, updated, or deleted.",
  );
export const tableIsUsed = (name: string) =>
  fault(
    "ResourceInUseException",
    `Attempt to change a resource which is still in use: Table: ${name} is being used.`,
  );
export const tableIsMade = (name: string) =>
  tableIsBusy(`Attempt to change a resource which is still in use: Table is being used: ${name}`);
export const tableIsBusy = (message: string) => fault("ResourceInUseException", message);
export const limitExceeded = (message: string) => fault("LimitExceededException", message);

export const conditionFailed = (item: object | undefined) =>
  fault("ConditionalCheckFailedException", "The conditional request failed", {
    ...(item && { members: { Item: item } }),
  });
export const keyMismatch = () => invalid("The provided key element does not match the schema");
const NOT_VALID = "One or more parameter values are not valid. ";
export const emptyKey = (reason: string) => invalid(`${NOT_VALID}${reason}`);
export const isEmptyKey = ({ message }: AwsError): boolean => message.startsWith(NOT_VALID);
export const collectionTooLarge = () =>
  fault("ItemCollectionSizeLimitExceededException", "Collection size exceeded.");
export const isCollectionTooLarge = (error: unknown): error is AwsError =>
  error instanceof AwsError && error.code === "ItemCollectionSizeLimitExceededException";
export const itemTooLarge = () => invalid("Item size has exceeded the maximum allowed size");
export const updatedItemTooLarge = () => invalid("Item size to update has exceeded the maximum allowed size");
