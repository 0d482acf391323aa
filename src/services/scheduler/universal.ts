import { parseArn } from "#aws/arn.ts";
import { loadContract, loadIndex } from "#aws/contract/contract.ts";
import type { Operation } from "#aws/contract/shapes.ts";
import type * as Scheduler from "#aws/contract/types/scheduler.ts";
import type { AwsError } from "#aws/errors.ts";
import type { Clients } from "#kernel/calls/clients.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "#lib/nesting.ts";
import { invalid, notJson, unsupportedService } from "./errors.ts";
import { capitalized, requestIn } from "./universal-input.ts";

/**
 * A universal target, `arn:aws:scheduler:::aws-sdk:service:operation`: an operation
 * of any service that is not a read.
 */
const UNIVERSAL = /^arn:[a-z-]+:scheduler:::aws-sdk:([a-z0-9-]+):([a-z][a-zA-Z0-9]*)$/;

export function universalTarget(arn: string): Universal | undefined {
  const [, service, operation] = UNIVERSAL.exec(arn) ?? [];
  return service && operation ? { service, operation } : undefined;
}

export interface Universal {
  service: string;
  operation: string;
}

/**
 * Operations that only read, which universal targets do not support.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html#unsupported-api-actions
 */
const READ_OPERATIONS =
  /^(get|describe|list|poll|receive|search|scan|query|select|read|lookup|discover|validate|batchGet|batchDescribe|batchRead|transactGet|adminGet|adminList|testMigration|retrieve|testConnection|translateDocument|isAuthorized|invokeModel)/;

/** @throws {AwsError} ValidationException */
export function checkUniversal({ Arn: arn, Input: input }: Scheduler.Target): void {
  const universal = universalTarget(arn);
  if (!universal)
    throw unsupportedService(/^arn:aws:scheduler:::aws-sdk:([a-z0-9-]+):/.exec(arn)?.[1] ?? "scheduler");
  if (READ_OPERATIONS.test(universal.operation))
    throw invalid(`${universal.operation} API is not supported.`);
  if (input === undefined) throw invalid("You must provide an input to set this target for your schedule.");
  const request = objectIn(input);
  if (!request) throw notJson(input);
  const called = operationOf(universal);
  if (called === undefined) return;
  if (called === "unknown") throw invalid(`${universal.operation} API is not supported.`);
  const missing = called.input.required
    .map(capitalized)
    .filter((name) => (request[name] ?? undefined) === undefined);
  if (missing.length > 0)
    throw invalid(
      `Invalid RequestJson provided. Reason Request payload is missing the following field(s): ${missing.join(", ")}.`,
    );
}

function objectIn(input: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(input);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && !isDeeperThan(MAX_JSON_DEPTH, value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the operation that is called; `undefined` if the service is not implemented. */
function operationOf({ service, operation }: Universal): Operation | "unknown" | undefined {
  const id = contractOf(service);
  return id === undefined ? undefined : (loadContract(id).operation(capitalized(operation)) ?? "unknown");
}

/** Returns the contract of a service by its name in SDKs, which target ARNs use: `sfn`, `cloudwatchlogs`. */
const contractOf = (called: string): string | undefined =>
  loadIndex().find(({ serviceId }) => serviceId.replaceAll(" ", "").toLowerCase() === called)?.service;

/** Returns the code by which SDKs identify an error, which may be an older alias. */
export function codeOf(arn: string, { code }: AwsError): string {
  const universal = universalTarget(arn);
  const id = universal ? contractOf(universal.service) : parseArn(arn)?.service;
  const contract = loadIndex().find(({ service }) => service === id);
  return (contract && loadContract(contract.service).error(code)?.error?.code) ?? code;
}

export async function callOperation(aws: Clients, universal: Universal, input: string): Promise<void> {
  const calls = aws as unknown as Record<string, Record<string, (request: object) => Promise<unknown>>>;
  const id = contractOf(universal.service) ?? universal.service;
  const name = capitalized(universal.operation);
  const operation = operationOf(universal);
  const request = JSON.parse(input) as object;
  await calls[id]![name]!(typeof operation === "object" ? requestIn(operation.input, request) : request);
}
