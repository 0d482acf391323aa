import { faultsOf } from "#kernel/service.ts";
import { invalid } from "../errors.ts";

const fault = faultsOf<"events">();

/** What was tried in vain: its name stands before each reason. */
export type Attempt = "create" | "describe" | "update" | "deauthorize" | "delete";

const connections = (attempt: Attempt, reason: string) => `Failed to ${attempt} the connection(s). ${reason}`;
const destinations = (attempt: Attempt, reason: string) =>
  `Failed to ${attempt} the api-destination(s). ${reason}`;

const noEndpoint = (member: string, url: string) =>
  `Parameter ${member} is not valid. Reason: Endpoint '${url}' is invalid, please provide a valid HTTPS endpoint URL.`;

export const noSuchConnection = (attempt: Attempt, name: string) =>
  fault("ResourceNotFoundException", connections(attempt, `Connection '${name}' does not exist.`));
export const connectionExists = (name: string) =>
  fault("ResourceAlreadyExistsException", `Connection ${name} already exists.`);
export const missingFields = (attempt: Attempt, member: string) =>
  invalid(connections(attempt, `Parameter ${member} is not valid. Reason: Missing required field(s).`));
export const noAuthorizationEndpoint = (attempt: Attempt, url: string) =>
  invalid(connections(attempt, noEndpoint("AuthorizationEndpoint", url)));

export const noSuchDestination = (attempt: Attempt, name: string) =>
  fault("ResourceNotFoundException", destinations(attempt, `An api-destination '${name}' does not exist.`));
export const destinationExists = (name: string) =>
  fault(
    "ResourceAlreadyExistsException",
    destinations("create", `An api-destination with name '${name}' already exists.`),
  );
export const noConnectionToUse = (attempt: Attempt, arn: string) =>
  fault("ResourceNotFoundException", destinations(attempt, `Connection '${arn}' does not exist.`));
export const noArnOfConnection = (attempt: Attempt, arn: string) =>
  invalid(destinations(attempt, `Invalid ARN: '${arn}'.`));
export const noInvocationEndpoint = (attempt: Attempt, url: string) =>
  invalid(destinations(attempt, noEndpoint("InvocationEndpoint", url)));
