import { AwsError } from "#aws/errors.ts";
import { faultsOf } from "#kernel/service.ts";

const fault = faultsOf<"pipes">();

export const invalid = (message: string) => fault("ValidationException", message);
export const invalidToken = () => invalid("Invalid NextToken provided.");
export const noSuchPipe = (name: string) => fault("NotFoundException", `Pipe ${name} does not exist.`);
export const pipeExists = (name: string) => fault("ConflictException", `Pipe ${name} already exists.`);
export const pipeIsBusy = (name: string, state: string) =>
  fault("ConflictException", `Pipe ${name} is in state ${state}.`);

/** Named, so that nobody believes that it was heeded. */
export const notThere = (what: string) =>
  new AwsError("NotImplemented", `Nube does not implement ${what} yet.`, { status: 501 });
