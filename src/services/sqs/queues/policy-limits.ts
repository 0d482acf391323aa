import { fault } from "../errors.ts";

const MAX_BYTES = 8_192;
const MAX_STATEMENTS = 20;
const MAX_ACTIONS = 7;
const MAX_PRINCIPALS = 50;

/** The members with quotas. */
interface Statement {
  Action?: string | string[];
  NotAction?: string | string[];
  Principal?: string | Record<string, string | string[]>;
}

/**
 * Checks AWS's quotas for a policy that is set as a whole.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
 * @param text a valid policy
 * @throws {AwsError} OverLimit
 */
export function checkLimits(text: string): void {
  const { Statement } = JSON.parse(text) as { Statement: Statement | Statement[] };
  const statements = [Statement].flat();
  if (statements.length > MAX_STATEMENTS)
    throw tooMany(statements.length, "statements", "the submitted policy", MAX_STATEMENTS);
  for (const { Action, NotAction, Principal } of statements) {
    const actions = [Action ?? NotAction ?? []].flat().length;
    if (actions > MAX_ACTIONS)
      throw tooMany(actions, "actions", "a statement from the submitted policy", MAX_ACTIONS);
    const principals = typeof Principal === "object" ? Object.values(Principal).flat().length : 1;
    if (principals > MAX_PRINCIPALS)
      throw tooMany(principals, "principals", "a statement from the submitted policy", MAX_PRINCIPALS);
  }
}

/** @throws {AwsError} OverLimit */
export function checkSize(text: string): void {
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw fault("OverLimit", "Submitted policy is over max allowed size.");
}

/** Checks the number of AddPermission's actions and of the resulting statements. @throws {AwsError} OverLimit */
export function checkAdded(actions: number, statements: number): void {
  const most = (count: number, what: string, limit: number) =>
    fault("OverLimit", `${count} ${what} were found, maximum allowed is ${limit}.`);
  if (actions > MAX_ACTIONS) throw most(actions, "Actions", MAX_ACTIONS);
  if (statements > MAX_STATEMENTS) throw most(statements, "Statements", MAX_STATEMENTS);
}

const tooMany = (count: number, what: string, where: string, most: number) =>
  fault("OverLimit", `${count} ${what} were found in ${where}, max allowed is ${most}`);
