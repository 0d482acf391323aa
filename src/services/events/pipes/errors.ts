import { faultsOf } from "#kernel/service.ts";

const fault = faultsOf<"pipes">();

export const invalid = (message: string) => fault("ValidationException", message);
/** A member of a pipe that is wrong or missing. */
export interface Field {
  Name: string;
  Message: string;
}

export const invalidFields = (ValidationErrorFields: readonly Field[]) =>
  invalid(JSON.stringify({ ValidationErrorFields }));
export const missing = (Name: string): Field => ({ Name, Message: "Missing required parameter." });
export const invalidToken = () => invalid("Invalid NextToken provided.");
export const noSuchPipe = (name: string) => fault("NotFoundException", `Pipe ${name} does not exist.`);
export const pipeExists = (name: string) => fault("ConflictException", `Pipe ${name} already exists.`);
export const pipeIsBusy = (name: string, state: string) =>
  fault("ConflictException", `Pipe ${name} is in state ${state}.`);
/** AWS documents the members of this error, but neither its message nor the quota's code. */
export const tooManyPipes = (name: string, most: number) =>
  fault("ServiceQuotaExceededException", `An account has at most ${most} pipes in a Region.`, {
    members: { resourceId: name, resourceType: "Pipe", serviceCode: "pipes", quotaCode: "Pipes" },
  });

/** The reason of a state that the user asked for. */
export const BY_USER = "User initiated";

/** The reason why a pipe failed to start. */
export const cannotBegin = (cause: string) => `Input parameter is invalid from the request due to : ${cause}`;
