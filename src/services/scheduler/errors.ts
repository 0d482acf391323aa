import { placeOfFault } from "#aws/languages/event-pattern/tokens.ts";
import { faultsOf } from "#kernel/service.ts";

const fault = faultsOf<"scheduler">();

export const invalid = (message: string) => fault("ValidationException", message);
export const invalidExpression = (expression: string) =>
  invalid(`Invalid Schedule Expression ${expression}.`);
export const unsupportedService = (service: string) =>
  invalid(`${service} is not a supported service for a target.`);
export const notJson = (input: string) =>
  invalid(`JSON syntax error in input for the target: ${placeOfFault(input)}`);
export const invalidToken = () => invalid("Invalid NextToken provided.");

export const noSuchSchedule = (name: string) =>
  fault("ResourceNotFoundException", `Schedule ${name} does not exist.`);
export const scheduleExists = (name: string) =>
  fault("ConflictException", `Schedule ${name} already exists.`);

export const noSuchGroup = (name: string) =>
  fault("ResourceNotFoundException", `Schedule group ${name} does not exist.`);
export const groupExists = (name: string) =>
  fault("ConflictException", `Schedule group ${name} already exists.`);
export const groupIsDeleting = (name: string) =>
  fault("ConflictException", `Schedule group ${name} is being deleted.`);
export const defaultGroupStays = () =>
  invalid("This operation cannot be performed on schedule group default.");
export const tooManyGroups = () =>
  fault(
    "ServiceQuotaExceededException",
    "The request exceeds the number of schedule groups of your account.",
  );
