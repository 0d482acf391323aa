import type * as Events from "#aws/contract/types/events.ts";
import { faultsOf } from "#kernel/service.ts";
import { invalidParameter } from "../errors.ts";

// AWS documents the codes and no messages. These are worded as those of buses and rules are.
const fault = faultsOf<"events">();

type Kind = "Connection" | "API destination";

export const absent = (kind: Kind, name: string) =>
  fault("ResourceNotFoundException", `${kind} ${name} does not exist.`);

export const taken = (kind: Kind, name: string) =>
  fault("ResourceAlreadyExistsException", `${kind} ${name} already exists.`);

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnection.html */
export const lacksParameters = (type: Events.ConnectionAuthorizationType, member: string) =>
  invalidParameter("AuthParameters", `${member} must be specified for the authorization type ${type}.`);

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destination-create.html */
export const notAnEndpoint = (parameter: "InvocationEndpoint" | "AuthorizationEndpoint", url: string) =>
  invalidParameter(parameter, `${url} is not the URL of an HTTPS endpoint.`);
