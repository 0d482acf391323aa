import { AwsError } from "#aws/errors.ts";
import { faultsOf } from "#kernel/service.ts";

/** Creates Glacier's errors. The protocol adds `code` and `type` to each. */
const fault = faultsOf<"glacier">();

const invalid = (message: string) => fault("InvalidParameterValueException", message);

const missing = (what: string) =>
  fault("MissingParameterValueException", `Required parameter missing: ${what}`);

const notFound = (message: string) => fault("ResourceNotFoundException", message);

/** The error for a request that no permission could allow, and for a wrong account in the path. */
export const accessDenied = (message: string) =>
  new AwsError("AccessDeniedException", message, { status: 403 });

// Requests

export const missingVersion = () => missing("API version");
export const invalidVersion = (version: string) => invalid(`The API version is not valid: ${version}`);
export const wrongAccount = (account: string) =>
  accessDenied(`The account ID in the request is not that of the caller: ${account}`);
export const missingParameter = missing;
export const invalidLimit = (limit: string) => invalid(`Invalid limit: ${limit}`);
export const invalidMarker = (marker: string) => invalid(`Invalid marker: ${marker}`);

// Vaults

export const vaultNotFound = (arn: string) => notFound(`Vault not found for ARN: ${arn}`);
export const invalidVaultName = (name: string) => invalid(`Invalid vault name: ${name}`);
export const tooManyVaults = (limit: number) =>
  fault("LimitExceededException", `The account has reached the limit of ${limit} vaults.`);
export const vaultNotEmpty = (arn: string) => invalid(`Vault not empty or recently written to: ${arn}`);

// Archives and uploads

export const archiveNotFound = (archiveId: string) => notFound(`The archive ID was not found: ${archiveId}`);
export const uploadNotFound = (uploadId: string) => notFound(`The upload ID was not found: ${uploadId}`);
export const invalidDescription = () =>
  invalid("Invalid archive description: it must be at most 1024 printable ASCII characters.");
export const invalidTreeHash = (hash: string) => invalid(`Invalid x-amz-sha256-tree-hash: ${hash}`);
export const checksumMismatch = (expected: string, computed: string) =>
  invalid(`Checksum mismatch: expected ${expected} but computed ${computed}`);
export const invalidContentLength = (length: number) => invalid(`Invalid Content-Length: ${length}`);
export const invalidPartSize = (size: string) =>
  invalid(
    `Invalid part size: ${size}. Part size must not be null, must be a power of two and be between 1048576 and 4294967296 bytes.`,
  );
export const invalidContentRange = (range: string) => invalid(`Invalid Content-Range: ${range}`);
export const rangeAgainstLength = (range: string, length: number) =>
  invalid(`Content-Range: ${range} is incompatible with Content-Length: ${length}`);
export const rangeAgainstPartSize = (range: string, partSize: number) =>
  invalid(`Content-Range: ${range} is incompatible with part size: ${partSize}`);
export const invalidArchiveSize = (size: string) => invalid(`Invalid x-amz-archive-size: ${size}`);
export const archiveSizeMismatch = (expected: number, found: number) =>
  invalid(`Archive size mismatch: expected ${expected} but the parts have ${found} bytes`);
export const missingRange = (start: number, end: number) =>
  invalid(`Missing content range: bytes ${start}-${end - 1} were not uploaded`);

// Jobs

export const jobNotFound = (jobId: string) => notFound(`The job ID was not found: ${jobId}`);
export const invalidStatusCode = (code: string) => invalid(`The job status code is not valid: ${code}`);
export const invalidCompleted = (value: string) => invalid(`The completed value is not valid: ${value}`);
export const invalidJobType = (type: string) => invalid(`The job type is not valid: ${type}`);
export const invalidTier = (tier: string) => invalid(`The retrieval tier is not valid: ${tier}`);
export const invalidFormat = (format: string) => invalid(`The job output format is not valid: ${format}`);
export const invalidJobDescription = () =>
  invalid("The job description is not valid: it must be at most 1024 printable ASCII characters.");
export const invalidTopic = (topic: string) => invalid(`The SNS topic is not a valid topic ARN: ${topic}`);
export const invalidDate = (name: string, date: string) => invalid(`The ${name} is not valid: ${date}`);
export const unexpectedParameter = (name: string, type: string) =>
  invalid(`The parameter ${name} is not valid for a job of type ${type}`);
export const invalidByteRange = (range: string) =>
  invalid(
    `The retrieval byte range is not valid: ${range}. It must be within the archive and aligned to megabytes.`,
  );
export const invalidRange = (range: string) => invalid(`The range is not valid: ${range}`);
export const noInventoryYet = (arn: string) =>
  notFound(
    `Inventory retrieval jobs for vault ${arn} cannot be initiated yet, as Amazon Glacier has not yet generated an initial inventory for this vault.`,
  );
export const jobNotReady = (jobId: string) =>
  invalid(`The job is not currently available for download: ${jobId}`);
export const selectRefused = () =>
  fault("NoLongerSupportedException", "Amazon S3 Glacier Select is no longer available.");
export const policyEnforced = () =>
  fault("PolicyEnforcedException", "InitiateJob request denied by current data retrieval policy.");

// Vault settings

export const noNotifications = (arn: string) =>
  notFound(`No notification configuration is set for vault: ${arn}`);
export const invalidEvent = (event: string) => invalid(`The notification event is not valid: ${event}`);
export const noAccessPolicy = (arn: string) => notFound(`No vault access policy is set for: ${arn}`);
export const noLockPolicy = (arn: string) => notFound(`No vault lock policy is set for: ${arn}`);
export const invalidPolicy = () => invalid("The policy is not a valid JSON policy document.");
export const policyTooLarge = (limit: number) => invalid(`The policy is larger than ${limit} bytes.`);
export const lockInProgress = (arn: string) =>
  accessDenied(`The vault lock is already in progress for vault: ${arn}`);
export const alreadyLocked = (arn: string) => accessDenied(`The vault is already locked: ${arn}`);
export const invalidLockId = (lockId: string) => invalid(`The lock ID is not valid: ${lockId}`);
export const deniedLockId = (lockId: string) => accessDenied(`The lock ID is not valid: ${lockId}`);
export const tooManyTags = (limit: number) =>
  fault("LimitExceededException", `A vault can have at most ${limit} tags.`);
export const invalidTagCount = (what: string, most: number) =>
  invalid(`The number of ${what} is not valid: it must be between 1 and ${most}.`);
export const invalidTag = (what: "key" | "value", text: string) =>
  invalid(`The tag ${what} is not valid: ${text}`);

// Accounts

export const invalidRules = () => invalid("A data retrieval policy must have exactly one rule.");
export const invalidStrategy = (strategy: string) =>
  invalid(`The data retrieval strategy is not valid: ${strategy}`);
export const invalidBytesPerHour = (value: number) => invalid(`Invalid BytesPerHour: ${value}`);
export const bytesPerHourNotAllowed = (strategy: string) =>
  invalid(`BytesPerHour must not be set for the strategy ${strategy}`);
export const tooMuchCapacity = (limit: number) =>
  fault("LimitExceededException", `An account can have at most ${limit} provisioned capacity units.`);
