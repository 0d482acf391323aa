import { AwsError } from "#aws/errors.ts";
import { faultsOf } from "#kernel/service.ts";

const fault = faultsOf<"pipes">();

export const invalid = (message: string) => fault("ValidationException", message);
/** A member of a pipe that cannot be as it is, or has to be and is not. */
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
/** AWS's documentation tells its members, and neither a sentence nor the quota's code. */
export const tooManyPipes = (name: string, most: number) =>
  fault("ServiceQuotaExceededException", `An account has at most ${most} pipes in a Region.`, {
    members: { resourceId: name, resourceType: "Pipe", serviceCode: "pipes", quotaCode: "Pipes" },
  });

/** Why a pipe is in the state that was wanted. */
export const BY_USER = "User initiated";

/** Why a pipe did not begin. */
export const cannotBegin = (cause: string) => `Input parameter is invalid from the request due to : ${cause}`;

/** Named, so that nobody believes that it was heeded. */
export const notThere = (what: string) =>
  new AwsError("NotImplemented", `Nube does not implement ${what} yet.`, { status: 501 });
