import {
  CreateTableCommand,
  DeleteResourcePolicyCommand,
  GetResourcePolicyCommand,
  PutResourcePolicyCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, measured, type Refusal } from "./client.ts";

const cloud = conformanceCloud();
const { send, refusals, withTable } = dynamodbOn(cloud);
const TableName = "policed";
withTable(TableName);

const source = measured("table-policy-kinesis-autoscaling");
const ACCOUNT = "000000000000";
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ResourceArn = `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/${TableName}`;
const statement = {
  Sid: "Reads",
  Effect: "Allow",
  Principal: { AWS: ROOT },
  Action: "dynamodb:GetItem",
  Resource: ResourceArn,
};
const policyOf = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const put = (
  Policy: string,
  more: { ExpectedRevisionId?: string; ConfirmRemoveSelfResourceAccess?: boolean } = {},
) => send(new PutResourcePolicyCommand({ ResourceArn, Policy, ...more }));
const got = () => send(new GetResourcePolicyCommand({ ResourceArn }));
const remove = (ExpectedRevisionId?: string) =>
  send(new DeleteResourcePolicyCommand({ ResourceArn, ExpectedRevisionId }));

const INVALID = "One or more parameter values were invalid: ";
const DOCUMENT = `${INVALID}Invalid policy document: `;
const UNBOUNDED =
  "Resource-based policy grants unbounded access in one or more elements. Please revise the policy to ensure least-privilege form of access";
const without = (element: string) =>
  policyOf(Object.fromEntries(Object.entries(statement).filter(([name]) => name !== element)));
const wrong = (Policy: string, message: string): Refusal => [
  "PutResourcePolicy",
  { ResourceArn, Policy },
  message,
];
refusals(source, [
  wrong("", `${DOCUMENT}This policy contains invalid Json`),
  wrong("{not json", `${DOCUMENT}This policy contains invalid Json`),
  wrong("[]", `${DOCUMENT}This policy contains invalid Json`),
  wrong(
    policyOf({ ...statement, Principal: { AWS: "deep" } }).replace(
      '"deep"',
      "[".repeat(9_000) + "]".repeat(9_000),
    ),
    `${DOCUMENT}This policy contains invalid Json`,
  ),
  wrong("null", `${DOCUMENT}This text appears not to be a policy`),
  wrong("{}", `${DOCUMENT}Syntax error at position (1,3)`),
  wrong(policyOf(), `${DOCUMENT}Could not parse the policy: Statement is empty!`),
  wrong(policyOf({}), `${DOCUMENT}Missing required field Effect`),
  wrong(without("Resource"), `${DOCUMENT}Missing required field Resource`),
  wrong(policyOf(statement, statement), `${DOCUMENT}The Statement Ids in the policy are not unique`),
  wrong(
    policyOf({ ...statement, Action: ["dynamodb:GetRecords", "dynamodb:DescribeStream"] }),
    `${DOCUMENT}The following action names are invalid: "dynamodb:GetRecords", "dynamodb:DescribeStream"`,
  ),
  wrong(policyOf({ ...statement, Principal: "*" }), UNBOUNDED),
  wrong(policyOf({ ...statement, Principal: { AWS: "*" } }), UNBOUNDED),
  wrong(policyOf(statement) + " ".repeat(20_480), `${INVALID}Maximum policy size of 20480 bytes exceeded`),
]);

const gone = ResourceArn.replace(TableName, "nowhere");
const elsewhere = ResourceArn.replace("us-east-1", "eu-west-1");
const inChina = ResourceArn.replace("arn:aws:", "arn:aws-cn:");
const index = `${ResourceArn}/index/by-s`;
const backup = `${ResourceArn}/backup/01700000000000-aaaaaaaa`;
for (const [operation, more] of [
  ["GetResourcePolicy", {}],
  ["PutResourcePolicy", { Policy: policyOf(statement) }],
  ["DeleteResourcePolicy", {}],
] as const)
  refusals(source, [
    [operation, { ResourceArn: TableName, ...more }, `${INVALID}ARNs must start with 'arn:': ${TableName}`],
    [
      operation,
      { ResourceArn: gone, ...more },
      "Requested resource not found: Table: nowhere not found",
      "ResourceNotFoundException",
    ],
    [
      operation,
      { ResourceArn: ResourceArn.replace(ACCOUNT, "111122223333"), ...more },
      "This action is only supported by accounts that match the resource owner’s account.",
    ],
    [operation, { ResourceArn: elsewhere, ...more }, `${INVALID}Invalid resource Arn: ${elsewhere}`],
    [operation, { ResourceArn: inChina, ...more }, `${INVALID}Invalid resource Arn: ${inChina}`],
    [
      operation,
      { ResourceArn: index, ...more },
      `${INVALID}Invalid resource arn provided, only table or stream is accepted. Provided resource arn: ${index}`,
    ],
    [
      operation,
      { ResourceArn: backup, ...more },
      `${INVALID}Provided Arn is not a DynamoDB resource arn: ${backup}`,
    ],
  ]);

const NOT_FOUND = "Resource-based policy not found for the provided ResourceArn: ";
const noPolicy = (message: string) => ({
  name: "PolicyNotFoundException",
  message: expect.stringContaining(`${NOT_FOUND}${message}`),
});
behaviour("deleting the policy of a table that never had one returns no revision", source, async () => {
  await expect(got()).rejects.toMatchObject(noPolicy(ResourceArn));
  for (let time = 0; time < 2; time++) expect((await remove()).RevisionId).toBeUndefined();
});
behaviour("an expected revision is refused without a policy", source, async () => {
  const none = noPolicy(
    `Requested update for policy with revision id 123456789, but table ${TableName} has no associated`,
  );
  await expect(remove("123456789")).rejects.toMatchObject(none);
  await expect(put(policyOf(statement), { ExpectedRevisionId: "123456789" })).rejects.toMatchObject(none);
});

behaviour("GetResourcePolicy returns a normalized policy", source, async () => {
  await put(policyOf(statement));
  const { Policy, RevisionId } = await got();
  expect(Policy).toBe(policyOf(statement));
  const { Sid, Effect, Principal, Action, Resource } = statement;
  for (const same of [
    JSON.stringify(JSON.parse(policyOf(statement)), null, 4),
    JSON.stringify({ Statement: [{ Resource, Action, Principal, Effect, Sid }], Version: "2012-10-17" }),
    JSON.stringify({ Version: "2012-10-17", Statement: statement }),
    policyOf({ ...statement, Action: [Action], Resource: [Resource] }),
    policyOf({ ...statement, Principal: { AWS: ACCOUNT } }),
    policyOf({ ...statement, Principal: { AWS: [ACCOUNT, ROOT] } }),
    policyOf({ ...statement, Effect: "allow" }),
    policyOf(statement).replace("Reads", "\\u0052eads"),
  ]) {
    expect((await put(same)).RevisionId).toBe(RevisionId);
    expect((await got()).Policy).toBe(policyOf(statement));
  }
});
for (const [what, more] of [
  [
    "the order and repetition of actions",
    { Action: ["dynamodb:Query", "dynamodb:GetItem", "dynamodb:Query"] },
  ],
  ["an action in lower case", { Action: "dynamodb:getitem" }],
  ["the order of resources", { Resource: [`${ResourceArn}/index/*`, ResourceArn] }],
  ["the resource of another table", { Resource: gone }],
] as const)
  behaviour(`normalization preserves ${what}`, source, async () => {
    await put(policyOf({ ...statement, ...more }));
    expect((await got()).Policy).toBe(policyOf({ ...statement, ...more }));
  });
behaviour("a condition with one value is returned without a list, as the last member", source, async () => {
  await put(policyOf({ Condition: { StringEquals: { "aws:PrincipalAccount": [ACCOUNT] } }, ...statement }));
  expect((await got()).Policy).toBe(
    policyOf({ ...statement, Condition: { StringEquals: { "aws:PrincipalAccount": ACCOUNT } } }),
  );
});
behaviour(
  "a policy without a version is returned with 2008-10-17, but differs from one with that version",
  source,
  async () => {
    const { RevisionId } = await put(JSON.stringify({ Statement: [statement] }));
    const returned = JSON.stringify({ Version: "2008-10-17", Statement: [statement] });
    expect((await got()).Policy).toBe(returned);
    expect((await put(JSON.stringify({ Statement: [statement] }))).RevisionId).toBe(RevisionId);
    expect((await put(returned)).RevisionId).not.toBe(RevisionId);
  },
);

behaviour("a revision is the time of the change in milliseconds and increases", source, async () => {
  const first = await put(policyOf(statement));
  const second = await put(policyOf({ ...statement, Sid: "Other" }));
  expect(first.RevisionId).toMatch(/^\d{13}$/);
  expect(Number(second.RevisionId)).toBeGreaterThan(Number(first.RevisionId));
  const mismatch = noPolicy(
    `Requested update for policy with revision id ${first.RevisionId}, but the policy associated to target table`,
  );
  const expected = { ExpectedRevisionId: first.RevisionId! };
  await expect(put(policyOf(statement), expected)).rejects.toMatchObject(mismatch);
  await expect(remove(first.RevisionId)).rejects.toMatchObject(mismatch);
});
behaviour("a deletion returns the deleted revision, and a repeated deletion its own", source, async () => {
  const { RevisionId } = await got();
  expect((await remove(RevisionId)).RevisionId).toBe(RevisionId);
  const again = await remove();
  expect(Number(again.RevisionId)).toBeGreaterThan(Number(RevisionId));
  expect((await remove()).RevisionId).toBe(again.RevisionId);
  await expect(remove(RevisionId)).rejects.toMatchObject(
    noPolicy(`Requested update for policy with revision id ${RevisionId}, but table`),
  );
});

const denying = (Action: string) => policyOf(statement, { ...statement, Sid: "No", Effect: "Deny", Action });
behaviour("a policy that locks its owner out requires confirmation", source, async () => {
  for (const more of [{}, { ConfirmRemoveSelfResourceAccess: false }])
    await expect(put(denying("dynamodb:PutResourcePolicy"), more)).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: "The new resource policy will not allow you to update the resource policy in the future.",
    });
  await expect(got()).rejects.toMatchObject({ name: "PolicyNotFoundException" });
});
behaviour("a policy can deny its own deletion", source, async () => {
  await put(denying("dynamodb:DeleteResourcePolicy"));
  await expect(remove()).rejects.toMatchObject({ name: "AccessDeniedException" });
});
behaviour("a confirmed policy locks its owner out permanently", source, async () => {
  await put(denying("dynamodb:PutResourcePolicy"), { ConfirmRemoveSelfResourceAccess: true });
  await expect(put(policyOf(statement), { ConfirmRemoveSelfResourceAccess: true })).rejects.toMatchObject({
    name: "AccessDeniedException",
  });
});

const made = (name: string, ResourcePolicy: string) =>
  send(
    new CreateTableCommand({
      TableName: name,
      AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
      ResourcePolicy,
    }),
  );
behaviour("the policy of a new table has the creation time as its revision", source, async () => {
  const { TableDescription } = await made("made", policyOf(statement));
  const returned = await send(new GetResourcePolicyCommand({ ResourceArn: TableDescription!.TableArn! }));
  expect(returned.Policy).toBe(policyOf(statement));
  expect(returned.RevisionId).toBe(String(TableDescription!.CreationDateTime!.getTime()));
});
for (const [policy, message] of [
  ["", "This policy contains invalid Json"],
  ["{}", "Syntax error at position (1,3)"],
] as const)
  behaviour(`CreateTable refuses the policy '${policy}'`, measured("service"), async () => {
    await expect(made("not-made", policy)).rejects.toMatchObject({
      name: "ValidationException",
      message: `${DOCUMENT}${message}`,
    });
  });
