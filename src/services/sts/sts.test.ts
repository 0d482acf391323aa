import { afterAll, expect, test } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import { openSession } from "#kernel/calls/session.ts";
import { TEST_START, testCloud } from "#kernel/testing.ts";
import { sts } from "./service.ts";

const { cloud, aws, as, close } = await testCloud([sts]);
afterAll(close);

test("GetCallerIdentity returns the root of the caller's account", async () => {
  expect(await as(rootOf("111122223333")).sts.GetCallerIdentity({})).toEqual({
    UserId: "111122223333",
    Account: "111122223333",
    Arn: "arn:aws:iam::111122223333:root",
  });
});

test("GetSessionToken gives root a session of at most an hour, with credentials of the root user", async () => {
  const { Credentials } = await aws.sts.GetSessionToken({ DurationSeconds: 7_200 });
  expect(Credentials!.Expiration.getTime()).toBe(TEST_START + 3_600_000);
  const session = openSession(cloud.seal, Credentials!.AccessKeyId, Credentials!.SessionToken)!;
  expect(session.secret).toBe(Credentials!.SecretAccessKey);
  expect(session.principal.arn).toBe("arn:aws:iam::000000000000:root");
  await expect(as(session.principal).sts.GetSessionToken({})).rejects.toMatchObject({
    code: "AccessDenied",
    message: "Cannot call GetSessionToken with session credentials",
  });
});

/** AWS's messages: github.com/aws/aws-cli/issues/6325, github.com/y13i/sgviz/issues/9. */
test.each([
  [
    { SerialNumber: "arn:aws:iam::000000000000:mfa/device", TokenCode: "123456" },
    "unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
  ],
  [
    { SerialNumber: "arn:aws:iam::000000000000:mfa/device" },
    "must provide both MFA serial number and one time pass code.",
  ],
  [{ TokenCode: "123456" }, "must provide both MFA serial number and one time pass code."],
])("every MFA device is rejected: %o", async (input, message) => {
  await expect(aws.sts.GetSessionToken(input)).rejects.toMatchObject({
    code: "AccessDenied",
    status: 403,
    message: `MultiFactorAuthentication failed, ${message}`,
  });
});

test("a token with another key, of another cloud, or with a changed bit is invalid", async () => {
  const { Credentials } = await aws.sts.GetSessionToken({});
  const { AccessKeyId, SessionToken } = Credentials!;
  expect(openSession(cloud.seal, "ASIAOTHER", SessionToken)).toBeUndefined();
  const flipped = SessionToken[20] === "A" ? "B" : "A";
  expect(
    openSession(cloud.seal, AccessKeyId, SessionToken.slice(0, 20) + flipped + SessionToken.slice(21)),
  ).toBeUndefined();
  const other = await testCloud([sts], { seed: 2 });
  expect(openSession(other.cloud.seal, AccessKeyId, SessionToken)).toBeUndefined();
  await other.close();
});

test("an unimplemented operation is named in its error", async () => {
  await expect(
    aws.sts.AssumeRole({ RoleArn: "arn:aws:iam::000000000000:role/x", RoleSessionName: "session" }),
  ).rejects.toMatchObject({
    code: "NotImplemented",
    status: 501,
    message: expect.stringContaining("sts:AssumeRole"),
  });
});
