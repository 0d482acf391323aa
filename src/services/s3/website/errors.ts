import { AwsError } from "#aws/errors.ts";
import { invalidArgument, invalidRequest, methodNotAllowed } from "../errors.ts";

export const noSuchWebsite = (bucket: string) =>
  new AwsError("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration", {
    status: 404,
    members: { BucketName: bucket },
  });

// Configurations

export const indexNeeded = () =>
  invalidArgument(
    "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
    "IndexDocument",
    "null",
  );

export const invalidSuffix = (suffix: string) =>
  invalidArgument("The IndexDocument Suffix is not well formed", "IndexDocument", suffix);

export const invalidErrorKey = () =>
  invalidArgument("The ErrorDocument Key is not well formed", "ErrorDocument", "");

export const redirectsAllAndMore = () =>
  invalidArgument(
    "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
    "RedirectAllRequestsTo",
    "not null",
  );

export const redirectHostNeeded = () =>
  invalidRequest('A host name must be provided to redirect all requests (e.g. "example.com").');

export const invalidProtocol = () =>
  invalidRequest(
    "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.",
  );

export const tooManyRoutingRules = (count: number) =>
  invalidRequest(
    `${count} routing rules provided, the number of routing rules in a website configuration is limited to 50.`,
  );

export const emptyCondition = () =>
  invalidRequest(
    "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.",
  );

export const blankHost = () =>
  invalidRequest(
    "The HostName cannot be blank. To redirect within the same domain, the element shouldn't be present.",
  );

export const twoReplacements = () =>
  invalidRequest("You can only define ReplaceKeyPrefix or ReplaceKey but not both.");

export const invalidRedirectCode = (code: string) =>
  invalidRequest(`The provided HTTP redirect code (${code}) is not valid. Valid codes are 3XX except 300.`);

export const invalidErrorCode = (code: string) =>
  invalidRequest(`The provided HTTP error code (${code}) is not valid. Valid codes are 4XX or 5XX.`);

// Requests

/** The error for any method but GET and HEAD. */
export const websiteMethodNotAllowed = (method: string, resource: string) =>
  methodNotAllowed(method, resource, { allow: "GET, HEAD, OPTIONS" });

export const incorrectEndpoint = (endpoint: string) =>
  new AwsError(
    "IncorrectEndpoint",
    "The specified bucket exists in another region. Please direct requests to the specified endpoint.",
    { members: { Endpoint: endpoint } },
  );

export const invalidUri = (uri: string) =>
  new AwsError("InvalidURI", "Couldn't parse the specified URI.", { members: { URI: uri } });
