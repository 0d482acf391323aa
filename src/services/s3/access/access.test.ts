import { afterEach, expect, test } from "vitest";
import { canonicalUserOf } from "#aws/canonical-user.ts";
import { policyOf } from "#aws/languages/policy/policy.ts";
import { ANONYMOUS, type Principal, rootOf, serviceNamed } from "#kernel/calls/principal.ts";
import { TEST_PLACE, type TestCloud } from "#kernel/testing.ts";
import { bodyOf } from "#lib/body.ts";
import { withBucket } from "../objects/testing.ts";

const OTHER = "444455556666";
const other = rootOf(OTHER);
const user: Principal = {
  type: "user",
  account: TEST_PLACE.account,
  arn: `arn:aws:iam::${TEST_PLACE.account}:user/ann`,
  id: "AIDAANNANNANNANNA",
};

const open: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

/** Creates a bucket that accepts public policies, with an object `k`. */
async function opened() {
  const cloud = await withBucket();
  open.push(cloud);
  await cloud.s3.PutPublicAccessBlock({
    Bucket: "bucket",
    PublicAccessBlockConfiguration: { BlockPublicPolicy: false },
  });
  await cloud.s3.PutObject({ Bucket: "bucket", Key: "k", Body: bodyOf("data") });
  const get = (principal: Principal, Key = "k") =>
    cloud
      .as(principal, { account: principal.account || TEST_PLACE.account })
      .s3.GetObject({ Bucket: "bucket", Key });
  const policy = (...statements: object[]) =>
    cloud.s3.PutBucketPolicy({
      Bucket: "bucket",
      Policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: statements.map((statement) => ({
          Effect: "Allow",
          Principal: "*",
          Action: "s3:GetObject",
          Resource: "arn:aws:s3:::bucket/*",
          ...statement,
        })),
      }),
    });
  return { ...cloud, get, policy };
}

const denied = { code: "AccessDenied", message: "Access Denied", status: 403 };

test("only the owner has access to a bucket until its policy allows others", async () => {
  const { get, policy } = await opened();
  for (const stranger of [ANONYMOUS, other, serviceNamed("s3.amazonaws.com")])
    await expect(get(stranger)).rejects.toMatchObject(denied);
  await policy({});
  for (const stranger of [ANONYMOUS, other, serviceNamed("s3.amazonaws.com")]) await get(stranger);
});

test("a missing key is reported only to callers that may list the bucket", async () => {
  const { get, policy } = await opened();
  await policy({});
  await expect(get(ANONYMOUS, "missing")).rejects.toMatchObject(denied);
  await policy({}, { Action: "s3:ListBucket", Resource: "arn:aws:s3:::bucket" });
  await expect(get(ANONYMOUS, "missing")).rejects.toMatchObject({ code: "NoSuchKey" });
});

test("only callers of the owner's account get the reason of a denial", async () => {
  const { cloud, get, policy } = await opened();
  cloud.ports.policies = { of: () => undefined };
  await expect(get(user)).rejects.toMatchObject({
    message: `User: ${user.arn} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::bucket/k" because no identity-based policy allows the s3:GetObject action`,
  });
  const all = policyOf('{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}');
  cloud.ports.policies = { of: () => ({ identity: [all] }) };
  await get(user);
  await policy({ Effect: "Deny" });
  await expect(get(user)).rejects.toMatchObject({
    message: expect.stringMatching(/with an explicit deny in a resource-based policy$/),
  });
});

test("the root user can repair a policy that denies the owner", async () => {
  const { get, policy, s3 } = await opened();
  await policy({
    Effect: "Deny",
    Action: "s3:*",
    Resource: ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
  });
  const root = rootOf(TEST_PLACE.account);
  await expect(get(root)).rejects.toMatchObject({ code: "AccessDenied" });
  await s3.DeleteBucketPolicy({ Bucket: "bucket" });
  await get(root);
});

test("an object's ACL applies unless ACLs are disabled", async () => {
  const { get, s3 } = await opened();
  const at = { Bucket: "bucket", Key: "k" };
  const GrantRead = `id=${canonicalUserOf(OTHER)}`;
  await expect(s3.PutObjectAcl({ ...at, GrantRead })).rejects.toMatchObject({
    code: "AccessControlListNotSupported",
  });
  await s3.PutBucketOwnershipControls({
    Bucket: "bucket",
    OwnershipControls: { Rules: [{ ObjectOwnership: "ObjectWriter" }] },
  });
  await s3.PutObjectAcl({ ...at, GrantRead });
  await get(other);
  await expect(get(ANONYMOUS)).rejects.toMatchObject(denied);
});

test("DeleteObjects authorizes each key separately", async () => {
  const { as, policy } = await opened();
  await policy({ Principal: { AWS: OTHER }, Action: "s3:DeleteObject", Resource: "arn:aws:s3:::bucket/a*" });
  const { Deleted, Errors } = await as(other).s3.DeleteObjects({
    Bucket: "bucket",
    Delete: { Objects: [{ Key: "a" }, { Key: "k" }] },
  });
  expect(Deleted).toEqual([{ Key: "a" }]);
  expect(Errors).toMatchObject([{ Key: "k", Code: "AccessDenied" }]);
});

test("Requester Pays charges other accounts and says so", async () => {
  const { as, policy, s3 } = await opened();
  await policy({});
  await s3.PutBucketRequestPayment({
    Bucket: "bucket",
    RequestPaymentConfiguration: { Payer: "Requester" },
  });
  const get = (more: object) => as(other).s3.GetObject({ Bucket: "bucket", Key: "k", ...more });
  await expect(get({})).rejects.toMatchObject(denied);
  expect(await get({ RequestPayer: "requester" })).toMatchObject({ RequestCharged: "requester" });
});
