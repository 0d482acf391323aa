import type { Context } from "#kernel/context.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import { busArn, busNamed } from "./arns.ts";
import { busAt, type PolicyDocument, policyText, type Statement } from "./bus.ts";
import { invalid, invalidParameter, noPolicy, noSuchStatement } from "./errors.ts";
import { buses } from "./store.ts";

const LONGEST_POLICY = 10_240;
const VERSION = "2012-10-17";

export const permissionOperations = {
  async PutPermission(ctx, input) {
    const whole = input.Policy === undefined ? undefined : policyIn(input.Policy);
    const statement = whole ? undefined : statementOf(ctx, input);
    return ctx.transact(async (tx) => {
      const bus = await busAt(tx, busNamed(input.EventBusName));
      const others = bus.policy?.Statement.filter(({ Sid }) => Sid !== statement?.Sid) ?? [];
      const policy = whole ?? { Version: VERSION, Statement: [...others, statement!] };
      if (policyText(policy)!.length > LONGEST_POLICY) throw policyTooLong();
      tx.put(buses, { ...bus, policy, modified: tx.now() });
      return {};
    });
  },

  async RemovePermission(ctx, { StatementId, RemoveAllPermissions, EventBusName }) {
    return ctx.transact(async (tx) => {
      const bus = await busAt(tx, busNamed(EventBusName));
      if (!RemoveAllPermissions) {
        if (StatementId === undefined)
          throw invalidParameter("StatementId", "StatementId is a required argument.");
        if (!bus.policy) throw noPolicy();
        if (!bus.policy.Statement.some(({ Sid }) => Sid === StatementId)) throw noSuchStatement();
      }
      const left = RemoveAllPermissions ? [] : bus.policy!.Statement.filter(({ Sid }) => Sid !== StatementId);
      const policy = left.length > 0 ? { Version: VERSION, Statement: left } : undefined;
      tx.put(buses, { ...bus, policy, modified: tx.now() });
      return {};
    });
  },
} satisfies Handlers<"events">;

const policyTooLong = () => invalid(`The policy exceeds the maximum length of ${LONGEST_POLICY}.`);

function policyIn(text: string): PolicyDocument {
  if (text.length > LONGEST_POLICY) throw policyTooLong();
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    policy = undefined;
  }
  const { Statement } = (policy ?? {}) as Partial<PolicyDocument>;
  if (typeof policy !== "object" || Statement === undefined)
    throw invalidParameter("Policy", "The policy is not a well-formed JSON document.");
  return { ...(policy as PolicyDocument), Statement: Array.isArray(Statement) ? Statement : [Statement] };
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
