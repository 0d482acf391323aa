import { parsePolicy, RESOURCE_POLICY } from "#aws/languages/policy/document.ts";
import { PolicyError } from "#aws/languages/policy/faults.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import { busArn, busNamed } from "../arns.ts";
import { invalid, invalidParameter, noPolicy, noSuchStatement, policyTooLong } from "../errors.ts";
import { buses } from "../store.ts";
import { busAt, type PolicyDocument, policyText, type Statement } from "./bus.ts";

const MAX_POLICY_LENGTH = 10_240;
const VERSION = "2012-10-17";

export const permissionOperations = {
  async PutPermission(ctx, input) {
    const whole = input.Policy === undefined ? undefined : policyIn(input.Policy);
    const statement = whole ? undefined : statementOf(ctx, input);
    return ctx.transact(async (tx) => {
      const bus = await busAt(tx, busNamed(input.EventBusName));
      const others = bus.policy?.Statement.filter(({ Sid }) => Sid !== statement?.Sid) ?? [];
      const policy = whole ?? { Version: VERSION, Statement: [...others, statement!] };
      checkPolicy(policyText(policy)!);
      tx.put(buses, { ...bus, policy, modified: tx.now() });
      return {};
    });
  },

  async RemovePermission(ctx, { StatementId, RemoveAllPermissions, EventBusName }) {
    return ctx.transact(async (tx) => {
      const bus = await busAt(tx, busNamed(EventBusName));
      const left = RemoveAllPermissions ? [] : statementsWithout(bus.policy, StatementId);
      const policy = left.length > 0 ? { Version: VERSION, Statement: left } : undefined;
      tx.put(buses, { ...bus, policy, modified: tx.now() });
      return {};
    });
  },
} satisfies Handlers<"events">;

/** @throws {AwsError} ValidationException, ResourceNotFoundException */
function statementsWithout(policy: PolicyDocument | undefined, id: string | undefined): Statement[] {
  if (id === undefined) throw invalidParameter("StatementId", "StatementId is a required argument.");
  if (!policy) throw noPolicy();
  const left = policy.Statement.filter(({ Sid }) => Sid !== id);
  if (left.length === policy.Statement.length) throw noSuchStatement();
  return left;
}

/** An invalid policy would deny everybody access to the bus. @throws {AwsError} */
function checkPolicy(text: string): void {
  if (text.length > MAX_POLICY_LENGTH) throw policyTooLong(MAX_POLICY_LENGTH);
  try {
    parsePolicy(text, RESOURCE_POLICY);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const isJson = error.fault.reason !== "NotJson";
    throw invalidParameter(
      "Policy",
      isJson ? "The policy is not valid." : "The policy is not a well-formed JSON document.",
    );
  }
}

function policyIn(text: string): PolicyDocument {
  checkPolicy(text);
  const policy = JSON.parse(text) as PolicyDocument;
  return { ...policy, Statement: [policy.Statement].flat() };
}

function statementOf(ctx: Context, input: Input<"events", "PutPermission">): Statement {
  const { Action, Principal, StatementId, Condition } = input;
  if (Action === undefined) throw invalidParameter("Action", "Action is a required argument.");
  if (Principal === undefined) throw invalidParameter("Principal", "Principal is a required argument.");
  if (StatementId === undefined) throw invalidParameter("StatementId", "StatementId is a required argument.");
  if (Action !== "events:PutEvents") throw invalid("Provided value in parameter 'action' is not supported.");
  return {
    Sid: StatementId,
    Effect: "Allow",
    Principal: Principal === "*" ? "*" : { AWS: `arn:aws:iam::${Principal}:root` },
    Action,
    Resource: busArn(ctx, busNamed(input.EventBusName)),
    ...(Condition && { Condition: { [Condition.Type]: { [Condition.Key]: Condition.Value } } }),
  };
}
