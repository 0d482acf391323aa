import type * as Events from "#aws/contract/types/events.ts";
import { faultsOf } from "#kernel/service.ts";
import { invalidParameter } from "../errors.ts";

// AWS documents the codes and no messages. Where none is quoted by its users, these are worded as those of
// buses and rules are.
const fault = faultsOf<"events">();

type Kind = "Connection" | "API destination";

export const absent = (kind: Kind, name: string) =>
  fault("ResourceNotFoundException", `${kind} ${name} does not exist.`);

export const taken = (kind: Kind, name: string) =>
  fault("ResourceAlreadyExistsException", `${kind} ${name} already exists.`);

/** https://github.com/badmintoncryer/cdk-preflight quotes it. */
export const lacksParameters = (member: keyof Events.CreateConnectionAuthRequestParameters) =>
  invalidParameter(member, "Missing required field(s).");

/** https://github.com/badmintoncryer/cdk-preflight quotes it. */
export const notAnEndpoint = (parameter: "InvocationEndpoint" | "AuthorizationEndpoint", url: string) =>
  invalidParameter(parameter, `Endpoint '${url}' is not valid.`);
