import { parseArn } from "#aws/arn.ts";
import type * as Events from "#aws/contract/types/events.ts";
import { notImplemented } from "#aws/errors.ts";
import { placeOfFault } from "#aws/languages/event-pattern/tokens.ts";
import { parseJsonPath } from "#aws/languages/json-path.ts";
import { checkDeadLetters } from "../dead-letters.ts";
import { checkTemplate } from "../delivery/input.ts";
import { invalid, invalidParameter, notAnArn } from "../errors.ts";
import type { Rule } from "../store.ts";

type Member = keyof Events.Target;

/** Members that are for targets in some services only. */
const FOR_SERVICES: Partial<Record<Member, readonly string[]>> = {
  EcsParameters: ["ecs"],
  KinesisParameters: ["kinesis"],
  BatchParameters: ["batch"],
  HttpParameters: ["events", "execute-api"],
  RedshiftDataParameters: ["redshift", "redshift-serverless"],
  RunCommandParameters: ["ssm"],
  SageMakerPipelineParameters: ["sagemaker"],
  AppSyncParameters: ["appsync"],
};

/**
 * Members for services that this cloud lacks. They are refused by name instead of being ignored.
 */
const UNIMPLEMENTED = [
  "RunCommandParameters",
  "EcsParameters",
  "BatchParameters",
  "RedshiftDataParameters",
  "SageMakerPipelineParameters",
  "AppSyncParameters",
] as const satisfies Member[];

/** Members without which some services cannot be called. */
const NEEDED: Record<string, Member> = { ecs: "EcsParameters", batch: "BatchParameters" };

/** Services whose targets need a role: their own or the rule's. */
const NEEDS_ROLE = new Set([
  "batch",
  "codebuild",
  "codepipeline",
  "ecs",
  "events",
  "firehose",
  "glue",
  "inspector",
  "kinesis",
  "redshift",
  "sagemaker",
  "ssm",
  "ssm-incidents",
  "states",
]);

/** Services that use the target's own policy, and those for which this is unknown. */
const NEEDS_NONE = new Set(["appsync", "execute-api", "lambda", "logs", "redshift-serverless", "sns", "sqs"]);

/** @throws {AwsError} ValidationException */
export function checkTargets(targets: readonly Events.Target[], region: string): void {
  const ids = new Set<string>();
  for (const { Id: id } of targets) {
    if (ids.has(id)) throw invalidParameter("targets", `More than one target with Id '${id}' is provided.`);
    ids.add(id);
  }
  for (const target of targets) {
    checkReceiver(target);
    checkInput(target);
    checkDeadLetters(target.DeadLetterConfig, region);
  }
}

function checkReceiver(target: Events.Target): void {
  const { Id: id, Arn: arn } = target;
  const parts = parseArn(arn);
  if (!parts || !/^[\x20-\x7e]+$/.test(arn)) throw notAnArn(arn);
  const { service } = parts;
  if (!NEEDS_ROLE.has(service) && !NEEDS_NONE.has(service))
    throw invalid(`${service} is not a supported service for a target.`);
  for (const [member, services] of Object.entries(FOR_SERVICES)) {
    if (target[member as Member] !== undefined && !services.includes(service))
      throw invalid(`Parameter(s) ${member} not supported for target: ${id}.`);
  }
  for (const member of UNIMPLEMENTED)
    if (target[member] !== undefined) throw notImplemented(`${member} of a target`);
  const isFifo = service === "sqs" && parts.resource.endsWith(".fifo");
  const needed = isFifo ? "SqsParameters" : NEEDED[service];
  if (needed && target[needed] === undefined)
    throw invalid(`Parameter(s) ${needed} must be specified for target: ${id}.`);
}

/** Whether a target in this service is called with a role. */
export const needsRole = (service: string): boolean => NEEDS_ROLE.has(service);

/** @throws {AwsError} ValidationException if neither a target nor its rule has the role that the target needs */
export function checkRoles({ name, role }: Rule, targets: readonly Events.Target[]): void {
  if (role !== undefined) return;
  for (const { Arn: arn, RoleArn } of targets) {
    const { service } = parseArn(arn)!;
    if (RoleArn !== undefined || !needsRole(service)) continue;
    throw service === "kinesis"
      ? invalid(`Rule ${name} does not have RoleArn assigned to invoke target ${arn}.`)
      : invalid(`RoleArn is required for target ${arn}.`);
  }
}

function checkInput({ Id: id, Input, InputPath, InputTransformer }: Events.Target): void {
  const inputs = [Input, InputPath, InputTransformer].filter((input) => input !== undefined);
  if (inputs.length > 1)
    throw invalid(`Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
  if (Input !== undefined && !isJson(Input))
    throw invalid(`JSON syntax error in input for target ${id}: ${placeOfFault(Input)}`);
  if (InputPath !== undefined) checkPath(InputPath, id);
  if (!InputTransformer) return;
  for (const path of Object.values(InputTransformer.InputPathsMap ?? {})) checkPath(path, id);
  checkTemplate(InputTransformer, id);
}

/** EventBridge's paths have no names in brackets and quotes. */
function checkPath(path: string, id: string): void {
  if (!parseJsonPath(path) || /\[\s*['"]/.test(path)) throw invalid(`InputPath for target ${id} is invalid.`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
