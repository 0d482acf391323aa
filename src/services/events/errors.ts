import { AwsError } from "#aws/errors.ts";
import { faultsOf } from "#kernel/service.ts";

const fault = faultsOf<"events">();

export const invalid = (message: string) => new AwsError("ValidationException", message);

export const invalidParameter = (name: string, reason?: string) =>
  invalid(`Parameter ${name} is not valid.${reason === undefined ? "" : ` Reason: ${reason}`}`);

export const notAnArn = (text: string) => invalidParameter(text, "Provided Arn is not in correct format.");

export const invalidToken = () => invalidParameter("NextToken");

export const invalidPattern = (reason: string) =>
  fault("InvalidEventPatternException", `Event pattern is not valid. Reason: ${reason}`);

export const patternTooLong = (rule: string, most: number) =>
  invalid(`Parameter EventPattern for rule ${rule} exceeds limit of ${most}.`);

export const limitExceeded = () =>
  fault("LimitExceededException", "The requested resource exceeds the maximum number allowed.");

export const busNameIsReserved = () => invalid("EventBus name starting with 'aws.' is not valid.");
export const slashInBusName = () => invalid("Event bus name must not contain '/'.");
export const busNameIsNotSource = () => invalid("Event bus name must match event source name.");
export const noSuchEventSource = (source: string) =>
  fault("ResourceNotFoundException", `Event source ${source} does not exist.`);

export const noSuchEventSourceOrBus = (name: string) =>
  fault("ResourceNotFoundException", `Event source ${name} or event bus ${name} does not exist.`);
export const sourceExists = (source: string) =>
  fault("ResourceAlreadyExistsException", `Event source ${source} already exists.`);
export const sourceIsInOtherState = (source: string) =>
  fault("InvalidStateException", `Event source ${source} is not in a valid state for this operation.`);

export const noSuchBus = (bus: string) =>
  fault("ResourceNotFoundException", `Event bus ${bus} does not exist.`);
export const busExists = (bus: string) =>
  fault("ResourceAlreadyExistsException", `Event bus ${bus} already exists.`);
export const defaultBusStays = () => invalid("Cannot delete event bus default.");
export const busHasRules = () => invalid("EventBus can't be deleted since it has rules.");

export const noSuchRule = (rule: string, bus: string) =>
  fault("ResourceNotFoundException", `Rule ${rule} does not exist on EventBus ${bus}.`);
export const ruleHasTargets = () => invalid("Rule can't be deleted since it has targets.");
export const ruleIsManaged = (rule: string, mayForce: boolean) =>
  fault(
    "ManagedRuleException",
    `${rule} is a managed rule.${mayForce ? " Set 'force' parameter to true to override." : ""}`,
  );
export const noPatternOrSchedule = () =>
  invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
export const scheduleOnCustomBus = () =>
  invalid("ScheduleExpression is supported only on the default event bus.");

export const policyTooLong = (most: number) =>
  fault("PolicyLengthExceededException", `The policy exceeds the maximum length of ${most}.`);
export const noSuchStatement = () =>
  fault("ResourceNotFoundException", "Statement with the provided id does not exist.");
export const noPolicy = () => fault("ResourceNotFoundException", "EventBus does not have a policy.");

export const noSuchArchive = (name: string) =>
  fault("ResourceNotFoundException", `Archive ${name} does not exist.`);
export const archiveExists = (name: string) =>
  fault("ResourceAlreadyExistsException", `Archive ${name} already exists.`);

export const noArchiveToReplay = (name: string) =>
  invalidParameter("EventSourceArn", `Archive ${name} does not exist.`);
export const oneFilterOnly = (operation: "ListArchives" | "ListReplays") =>
  invalid(
    `At most one filter is allowed for ${operation}. Use either : State, EventSourceArn, or NamePrefix.`,
  );

export const noSuchReplay = (name: string) =>
  fault("ResourceNotFoundException", `Replay ${name} does not exist.`);
export const replayExists = (name: string) =>
  fault("ResourceAlreadyExistsException", `Replay ${name} already exists.`);
export const replayHasEnded = (name: string) =>
  fault("IllegalStatusException", `Replay ${name} is not in a valid state for this operation.`);

export const noSuchResource = (arn: string) =>
  fault("ResourceNotFoundException", `Resource ${arn} does not exist.`);
