import type { AddPermissionRequest } from "#aws/contract/types/sqs.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalidValue, missingParameter, queueDoesNotExist } from "../errors.ts";
import { arnOf, queues } from "../store.ts";
import { queueNamed } from "./addresses.ts";
import { checkAdded, checkSize } from "./policy-limits.ts";

const LABEL = /^[A-Za-z0-9_-]{1,80}$/;
const ACCOUNT = /^\d{12}$/;
/** Actions that the owner cannot share. */
const OWNERS = new Set([
  "AddPermission",
  "CancelMessageMoveTask",
  "CreateQueue",
  "DeleteQueue",
  "ListMessageMoveTasks",
  "ListQueues",
  "ListQueueTags",
  "RemovePermission",
  "SetQueueAttributes",
  "StartMessageMoveTask",
  "TagQueue",
  "UntagQueue",
]);

/** The actions that a queue's policy can allow to other accounts; AWS: cross-account permissions don't apply to the rest. */
export const SHARED_ACTIONS: ReadonlySet<string> = new Set([
  "ChangeMessageVisibility",
  "DeleteMessage",
  "GetQueueAttributes",
  "GetQueueUrl",
  "ListDeadLetterSourceQueues",
  "PurgeQueue",
  "ReceiveMessage",
  "SendMessage",
]);

/** The members of a policy that permissions change. */
interface Document {
  Version: string;
  Id?: string;
  Statement: { Sid?: string }[];
}

export const permissionOperations = {
  async AddPermission(ctx, input) {
    const name = queueNamed(ctx, input.QueueUrl);
    const { label, accounts, actions } = checked(input);
    const resource = arnOf(ctx, name);
    const statement = {
      Sid: label,
      Effect: "Allow",
      Principal: { AWS: single(accounts.map((account) => `arn:aws:iam::${account}:root`)) },
      Action: single(actions.map((action) => `SQS:${action}`)),
      Resource: resource,
    };
    return ctx.transact(async (tx) => {
      const queue = await tx.get(queues, [name]);
      if (!queue) throw queueDoesNotExist(ctx);
      const document = documentIn(queue.attributes.policy) ?? {
        Version: "2008-10-17",
        Id: `${resource}/SQSDefaultPolicy`,
        Statement: [],
      };
      if (document.Statement.some(({ Sid }) => Sid === label))
        throw invalidValue(label, "Label", "Already exists.");
      const statements = [...document.Statement, statement];
      checkAdded(actions.length, statements.length);
      const policy = JSON.stringify({ ...document, Statement: statements });
      checkSize(policy);
      tx.put(queues, { ...queue, modified: tx.now(), attributes: { ...queue.attributes, policy } });
      return {};
    });
  },

  async RemovePermission(ctx, input) {
    const { Label: label } = input;
    const name = queueNamed(ctx, input.QueueUrl);
    if (!label) throw missingParameter("Label");
    return ctx.transact(async (tx) => {
      const queue = await tx.get(queues, [name]);
      if (!queue) throw queueDoesNotExist(ctx);
      const document = documentIn(queue.attributes.policy);
      const remaining = document?.Statement.filter(({ Sid }) => Sid !== label) ?? [];
      if (!document || remaining.length === document.Statement.length)
        throw invalidValue(label, "Label", "can't find label on existing policy.");
      const { policy: _, ...others } = queue.attributes;
      const attributes =
        remaining.length > 0
          ? { ...others, policy: JSON.stringify({ ...document, Statement: remaining }) }
          : others;
      tx.put(queues, { ...queue, modified: tx.now(), attributes });
      return {};
    });
  },
} satisfies Handlers<"sqs">;

/** @throws {AwsError} MissingParameter, InvalidParameterValue, OverLimit */
function checked({ Label: label, AWSAccountIds: accounts, Actions: actions }: AddPermissionRequest) {
  if (!label) throw missingParameter("Label");
  if (!accounts?.length) throw missingParameter("AWSAccountIds");
  if (!actions?.length) throw missingParameter("Actions");
  if (!LABEL.test(label))
    throw invalidValue(
      label,
      "Label",
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.",
    );
  checkAdded(actions.length, 0);
  const refused = actions.find((action) => action !== "*" && !SHARED_ACTIONS.has(action));
  if (refused !== undefined)
    throw invalidValue(
      `SQS:${refused}`,
      "ActionName",
      OWNERS.has(refused)
        ? "Only the queue owner is allowed to invoke this action."
        : "Please refer to the appropriate WSDL for a list of valid actions.",
    );
  if (!accounts.every((account) => ACCOUNT.test(account)))
    throw invalidValue(`[${accounts.join(", ")}]`, "PrincipalId", "Unable to verify.");
  return { label, accounts, actions };
}

const single = <T>(values: T[]): T | T[] => (values.length === 1 ? values[0]! : values);

function documentIn(text: string | undefined): Document | undefined {
  if (text === undefined) return undefined;
  const document = JSON.parse(text) as Omit<Document, "Statement"> & { Statement: unknown };
  return { ...document, Statement: [document.Statement].flat() as Document["Statement"] };
}
