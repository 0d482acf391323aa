import { afterEach, expect, test } from "vitest";
import { AwsError } from "#aws/errors.ts";
import { policyOf } from "#aws/languages/policy/policy.ts";
import type { Context, RequestFacts } from "../context.ts";
import { defineService, type ServiceDefinition } from "../service.ts";
import { TEST_PLACE, type TestCloud, testCloud } from "../testing.ts";
import type { AccessFact } from "./authorize.ts";
import { ANONYMOUS, type Principal, rootOf, serviceNamed } from "./principal.ts";

const open: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

const ACTION = "hello:GetGreeting";
const FACT: AccessFact = { action: ACTION, resource: "arn:aws:hello:::a", owner: "111122223333" };
const owner = rootOf("111122223333");
const stranger = rootOf("444455556666");
const ann: Principal = {
  type: "user",
  account: "111122223333",
  arn: "arn:aws:iam::111122223333:user/dev/ann",
  id: "AIDAANNANNANNANNA",
  tags: { Team: "red" },
  keys: { "aws:MultiFactorAuthPresent": "true" },
};

const policy = (said: object) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*", ...said }],
  });
const identity = (said: object = {}) => policyOf(policy({ Principal: undefined, ...said }));

/** A cloud in which GetGreeting requires `fact`, and SayHello calls it as the same caller. */
async function cloudThatAsks(
  fact: Partial<AccessFact>,
  definition: Partial<ServiceDefinition<"hello">> = {},
) {
  const got = async () => ({}) as never;
  const service = defineService({
    id: "hello",
    operations: [
      {
        GetGreeting: got,
        DeleteGreeting: async (ctx: Context) => {
          ctx.authorize([{ ...FACT, ...fact }]);
          return {} as never;
        },
        SayHello: async (ctx: Context, { Name }) => {
          await ctx.aws.hello.GetGreeting({ Name });
          return {} as never;
        },
        CreateGreeting: async (ctx: Context, { Name }) => {
          await ctx.as("hello.amazonaws.com", "arn:aws:s3:::bucket").aws.hello.GetGreeting({ Name });
          return {} as never;
        },
      },
    ],
    access: {
      GetGreeting: () => [{ ...FACT, ...fact }],
      DeleteGreeting: () => [],
      SayHello: () => [],
      CreateGreeting: () => [],
    },
    ...definition,
  });
  const cloud = await testCloud([service]);
  open.push(cloud);
  const get = (principal: Principal, request?: Partial<RequestFacts>) =>
    cloud.cloud.invoke({
      service,
      operation: service.contract.operation("GetGreeting")!,
      input: { Name: "a" },
      principal,
      place: TEST_PLACE,
      requestId: "request",
      ...(request && { request: request as RequestFacts }),
    });
  return { ...cloud, get };
}

const denied = { code: "AccessDeniedException", status: 400 };

test("root may do everything in its own account, and nothing in another's", async () => {
  const { get } = await cloudThatAsks({});
  await get(owner);
  await expect(get(stranger)).rejects.toMatchObject({
    ...denied,
    message:
      "User: arn:aws:iam::444455556666:root is not authorized to perform: hello:GetGreeting on resource: arn:aws:hello:::a because no resource-based policy allows the hello:GetGreeting action",
  });
  await expect(get(ANONYMOUS)).rejects.toMatchObject({ message: expect.stringMatching(/^User: anonymous/) });
});

test("the resource's policy can allow other accounts and anonymous callers, and deny root", async () => {
  const { get } = await cloudThatAsks({ resourcePolicy: policy({}) });
  await Promise.all([get(stranger), get(ANONYMOUS)]);
  const shut = await cloudThatAsks({ resourcePolicy: policy({ Effect: "Deny" }) });
  await expect(shut.get(owner)).rejects.toMatchObject({
    message: expect.stringMatching(/with an explicit deny in a resource-based policy$/),
  });
});

test("a service is allowed where no policy can exist; where one can, it must name the service", async () => {
  const s3 = serviceNamed("s3.amazonaws.com", "arn:aws:s3:::b", owner.account);
  await (await cloudThatAsks({})).get(s3);
  await expect((await cloudThatAsks({ resourcePolicy: null })).get(s3)).rejects.toMatchObject(denied);
  const named = policy({
    Principal: { Service: "s3.amazonaws.com" },
    Condition: {
      ArnEquals: { "aws:SourceArn": "arn:aws:s3:::b" },
      StringEquals: { "aws:SourceAccount": owner.account },
    },
  });
  const { get } = await cloudThatAsks({ resourcePolicy: named });
  await get(s3);
  await expect(get(serviceNamed("s3.amazonaws.com", "arn:aws:s3:::c"))).rejects.toMatchObject(denied);
});

test("a source without an account in its ARN belongs to the caller's account", async () => {
  const { aws } = await cloudThatAsks({
    resourcePolicy: policy({ Condition: { StringEquals: { "aws:SourceAccount": TEST_PLACE.account } } }),
  });
  await aws.hello.CreateGreeting({ Name: "a", Text: "Hello" });
});

test("users are authorized by their policies, in a handler as well", async () => {
  const { cloud, get, as } = await cloudThatAsks({});
  await expect(get(ann)).rejects.toMatchObject({
    message: expect.stringMatching(/because no identity-based policy allows the hello:GetGreeting action$/),
  });
  const asked: Principal[] = [];
  cloud.ports.policies = {
    async of(principal) {
      asked.push(principal);
      return { identity: [identity()] };
    },
  };
  await get(ann);
  await as(ann).hello.DeleteGreeting({ Name: "a" });
  expect(asked).toEqual([ann, ann]);
});

test("an organization's policies apply to root, too", async () => {
  const { cloud, get } = await cloudThatAsks({});
  cloud.ports.policies = {
    of: () => ({ identity: [], serviceControl: [[identity({ Action: "s3:*" })]] }),
  };
  await expect(get(owner)).rejects.toMatchObject({
    message: expect.stringContaining("service control policy"),
  });
});

test("every call has the global condition keys", async () => {
  const request = {
    sourceIp: "::ffff:203.0.113.5",
    secure: false,
    userAgent: "agent/1",
    headers: { referer: "https://example.com/" },
  };
  const keys: Record<string, Record<string, string>> = {
    IpAddress: { "aws:SourceIp": "203.0.113.0/24" },
    Bool: {
      "aws:SecureTransport": "false",
      "aws:ViaAWSService": "false",
      "aws:PrincipalIsAWSService": "false",
      "aws:MultiFactorAuthPresent": "true",
    },
    StringEquals: {
      "aws:UserAgent": "agent/1",
      "aws:Referer": "https://example.com/",
      "aws:RequestedRegion": "us-east-1",
      "aws:PrincipalAccount": ann.account,
      "aws:PrincipalType": "User",
      "aws:PrincipalTag/team": "red",
      "aws:userid": ann.id,
      "aws:username": "ann",
      "aws:ResourceAccount": FACT.owner!,
      "hello:Own": "yes",
    },
    ArnEquals: { "aws:PrincipalArn": ann.arn },
    DateEquals: { "aws:CurrentTime": "2026-01-01T00:00:00Z" },
    NumericEquals: { "aws:EpochTime": String(Date.UTC(2026, 0, 1) / 1_000) },
    Null: { "aws:SourceArn": "true", "aws:PrincipalServiceName": "true" },
  };
  for (const [operator, conditions] of Object.entries(keys)) {
    for (const [key, value] of Object.entries(conditions)) {
      const { cloud, get } = await cloudThatAsks({ conditions: { "hello:Own": "yes" } });
      cloud.ports.policies = {
        of: () => ({ identity: [identity({ Condition: { [operator]: { [key]: value } } })] }),
      };
      await expect(get(ann, request), key).resolves.toEqual({});
    }
  }
});

test("a service that calls on behalf of the same caller appears in aws:CalledVia", async () => {
  const { as, cloud } = await cloudThatAsks({});
  cloud.ports.policies = {
    of: () => ({
      identity: [
        identity({
          Condition: {
            Bool: { "aws:ViaAWSService": "true" },
            "ForAnyValue:StringEquals": { "aws:CalledVia": "hello.amazonaws.com" },
          },
        }),
      ],
    }),
  };
  await as(ann).hello.SayHello({ Name: "a", To: "b" });
  await expect(as(ann).hello.GetGreeting({ Name: "a" })).rejects.toMatchObject(denied);
});

test("a service may have its own error for a denial", async () => {
  const own = new AwsError("AuthorizationError", "no", { status: 403 });
  const { get } = await cloudThatAsks({}, { denied: () => own });
  await expect(get(stranger)).rejects.toBe(own);
});

test("aws:ResourceAccount is the account in which the call is handled, unless the service names another", async () => {
  const accounts: unknown[] = [];
  const resourceAccount = (account: string) =>
    policy({ Condition: { StringEquals: { "aws:ResourceAccount": account } } });
  for (const owner of [undefined, "111122223333"]) {
    for (const account of [TEST_PLACE.account, "111122223333", "444455556666"]) {
      const { get } = await cloudThatAsks({ owner, resourcePolicy: resourceAccount(account) });
      await get(stranger).then(
        () => accounts.push(account),
        () => {},
      );
    }
  }
  expect(accounts).toEqual([TEST_PLACE.account, "111122223333"]);
});
