import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { faultsOf } from "#kernel/service.ts";

export const fault = faultsOf<"sqs">();

/** Whether the call came in the older query protocol, in which a few messages are longer. */
export const isQuery = ({ request }: Context) =>
  request !== undefined &&
  (request.headers["x-amz-target"] === undefined ||
    request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true);

export const queueDoesNotExist = (ctx: Context) =>
  fault(
    "QueueDoesNotExist",
    isQuery(ctx)
      ? "The specified queue does not exist for this wsdl version."
      : "The specified queue does not exist.",
  );

export const invalidAddress = (address: string) =>
  fault("InvalidAddress", `The address ${address} is not valid for this endpoint.`);

export const invalidAction = (action: string) =>
  new AwsError("InvalidAction", `The action ${action} is not valid for this endpoint.`);

export const queueExists = (attribute: string) =>
  fault(
    "QueueNameExists",
    `A queue already exists with the same name and a different value for attribute ${attribute}`,
  );

export const queueDeletedRecently = () =>
  fault(
    "QueueDeletedRecently",
    "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
  );

export const purgeInProgress = (name: string) =>
  fault("PurgeQueueInProgress", `Only one PurgeQueue operation on ${name} is allowed every 60 seconds.`);

export const unknownAttribute = (name: string) => fault("InvalidAttributeName", `Unknown Attribute ${name}.`);

export const invalidAttributeValue = (name: string, reason?: string) =>
  fault(
    "InvalidAttributeValue",
    `Invalid value for the parameter ${name}.${reason === undefined ? "" : ` Reason: ${reason}`}`,
  );

export const missingParameter = (name: string) =>
  new AwsError("MissingParameter", `The request must contain the parameter ${name}.`);

export const invalidParameter = (message: string) => new AwsError("InvalidParameterValue", message);

export const invalidValue = (value: string | number, parameter: string, reason: string) =>
  invalidParameter(`Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`);

const NOT_FOR_THIS_TYPE = "The request include parameter that is not valid for this queue type";
const RECEIPT_EXPIRED = "The receipt handle has expired";
const MESSAGE_GONE = "Message does not exist or is not available for visibility timeout change";

export const notForThisQueueType = (value: string | number, parameter: string) =>
  invalidValue(value, parameter, `${NOT_FOR_THIS_TYPE}.`);

export const receiptExpired = (handle: string) =>
  invalidValue(handle, "ReceiptHandle", `${RECEIPT_EXPIRED}.`);

export const messageGone = (handle: string) => invalidValue(handle, "ReceiptHandle", `${MESSAGE_GONE}.`);

/** In a batch, these messages are only the reason, without the value and the parameter; all others are whole. */
export const messageInBatch = ({ message }: AwsError): string =>
  [NOT_FOR_THIS_TYPE, RECEIPT_EXPIRED, MESSAGE_GONE].find((reason) => message.endsWith(`${reason}.`)) ??
  message;

/** Whether it is an error of a valid receipt handle that has no effect any more. */
export const isReceiptOutdated = ({ message }: AwsError): boolean =>
  [RECEIPT_EXPIRED, MESSAGE_GONE].some((reason) => message.endsWith(`${reason}.`));

export const missingQueueName = (name: string | undefined) =>
  invalidParameter(
    name === ""
      ? "Queue name cannot be empty"
      : "Value for parameter QueueName is invalid. Reason: Must specify a queue name.",
  );

export const invalidQueueName = () =>
  invalidParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");

export const invalidFifoName = () =>
  invalidParameter(
    "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.",
  );

export const messageTooLong = (limit: number) =>
  invalidParameter(
    `One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`,
  );

export const batchTooLong = (limit: number, sent: number) =>
  fault(
    "BatchRequestTooLong",
    `Batch requests cannot be longer than ${limit} bytes. You have sent ${sent} bytes.`,
  );

export const invalidCharacters = () =>
  fault(
    "InvalidMessageContents",
    "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
  );

export const emptyBatch = (entry: string) =>
  fault("EmptyBatchRequest", `There should be at least one ${entry} in the request.`);

export const tooManyEntries = (count: number) =>
  fault(
    "TooManyEntriesInBatchRequest",
    `Maximum number of entries per request are 10. You have sent ${count}.`,
  );

export const idsNotDistinct = (id: string) => fault("BatchEntryIdsNotDistinct", `Id ${id} repeated.`);

export const invalidEntryId = () =>
  fault(
    "InvalidBatchEntryId",
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
  );

export const invalidReceipt = (handle: string) =>
  fault("ReceiptHandleIsInvalid", `The input receipt handle "${handle}" is not a valid receipt handle.`);

export const receiptOfAnotherQueue = (handle: string) =>
  fault("ReceiptHandleIsInvalid", `The receipt handle "${handle}" is not valid for this queue.`);

export const tooManyInFlight = () =>
  fault(
    "OverLimit",
    "Too many messages have been received without being deleted. Please delete your received messages or let them timeout before receiving more.",
  );

export const deduplicationNeeded = () =>
  invalidParameter(
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
  );
