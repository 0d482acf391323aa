import type { Handlers } from "#kernel/service.ts";
import { topicArn } from "../arns.ts";
import { checkSome, invalidParameter } from "../errors.ts";
import { topics } from "../store.ts";
import { type Counted, checkCount, checkSize, POLICY_ACTIONS, policyOf } from "./policy.ts";
import { topicAt } from "./topic.ts";

interface Document {
  Statement: (Counted & { Sid?: string; Effect?: string; Resource?: string })[];
}

/** They add and remove one statement of the topic's policy. */
export const permissionOperations = {
  async AddPermission(ctx, { TopicArn, Label, AWSAccountId: accounts, ActionName: actions }) {
    checkSome(accounts, "aWSAccountId");
    checkSome(actions, "actionName");
    for (const action of actions) {
      if (action !== "*" && !POLICY_ACTIONS.has(action))
        throw invalidParameter("Policy statement action out of service scope!");
    }
    const unknown = accounts.find((account) => !/^\d{12}$/.test(account));
    if (unknown !== undefined) throw invalidParameter("A provided account ID is not valid");
    return ctx.transact(async (tx) => {
      const topic = await topicAt(ctx, tx, TopicArn);
      const document = JSON.parse(policyOf(ctx, topic)) as Document;
      const statements = [document.Statement].flat();
      if (statements.some(({ Sid }) => Sid === Label)) throw invalidParameter("Statement already exists");
      const principals = accounts.map((account) => `arn:aws:iam::${account}:root`);
      const named = actions.map((action) => `SNS:${action}`);
      statements.push({
        Sid: Label,
        Effect: "Allow",
        Principal: { AWS: principals.length === 1 ? principals[0]! : principals },
        Action: named.length === 1 ? named[0]! : named,
        Resource: topicArn(ctx, topic.name),
      });
      checkCount(statements, invalidParameter);
      const Policy = JSON.stringify({ ...document, Statement: statements });
      checkSize(Policy, invalidParameter);
      tx.put(topics, { ...topic, attributes: { ...topic.attributes, Policy } });
      return {};
    });
  },

  async RemovePermission(ctx, { TopicArn, Label }) {
    return ctx.transact(async (tx) => {
      const topic = await topicAt(ctx, tx, TopicArn);
      const document = JSON.parse(policyOf(ctx, topic)) as Document;
      const statements = [document.Statement].flat();
      const remaining = statements.filter(({ Sid }) => Sid !== Label);
      // AWS: a label that is not there is no error.
      if (remaining.length === statements.length) return {};
      const Policy = JSON.stringify({ ...document, Statement: remaining });
      tx.put(topics, { ...topic, attributes: { ...topic.attributes, Policy } });
      return {};
    });
  },
} satisfies Handlers<"sns">;
