import { faultsOf } from "#kernel/service.ts";

const fault = faultsOf<"kinesis">();

export const invalid = (message: string) => fault("InvalidArgumentException", message);
export const limitExceeded = (message: string) => fault("LimitExceededException", message);
export const expiredToken = () =>
  fault("ExpiredNextTokenException", "The pagination token passed to the operation is expired.");

export const noSuchStream = (name: string, account: string) =>
  fault("ResourceNotFoundException", `Stream ${name} under account ${account} not found.`);
export const streamExists = (name: string, account: string) =>
  fault("ResourceInUseException", `Stream ${name} under account ${account} already exists.`);

export const noSuchShard = (shard: string, stream: string, account: string) =>
  fault(
    "ResourceNotFoundException",
    `Could not find shard ${shard} in stream ${stream} under account ${account}.`,
  );
export const shardIsClosed = (shard: string, stream: string, account: string) =>
  fault(
    "ResourceInUseException",
    `Shard ${shard} in stream ${stream} under account ${account} has already been merged or split, and thus is not eligible for merging or splitting.`,
  );

export const noSuchConsumer = (arn: string) =>
  fault("ResourceNotFoundException", `Consumer ${arn} not found.`);
export const noSuchConsumerNamed = (consumer: string, stream: string, account: string) =>
  fault(
    "ResourceNotFoundException",
    `Consumer ${consumer}, stream ${stream} under account ${account} not found.`,
  );
export const consumerExists = (consumer: string, stream: string, account: string) =>
  fault(
    "ResourceInUseException",
    `Consumer ${consumer} under stream ${stream} of account ${account} already exists.`,
  );

export const expiredIterator = (now: Date, until: Date) =>
  fault(
    "ExpiredIteratorException",
    `Iterator expired. The iterator was valid until ${until.toUTCString()}, and it is ${now.toUTCString()}.`,
  );
export const noPolicy = (arn: string) =>
  fault("ResourceNotFoundException", `Resource policy for ${arn} not found.`);
