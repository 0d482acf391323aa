import { hash } from "node:crypto";
import {
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from "@aws-sdk/client-sts";
import { expect } from "vitest";
import { sign } from "#aws/signature/sigv4.ts";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const cloud = conformanceCloud();
const api = (operation: string) => doc(`STS/latest/APIReference/API_${operation}.html`);
const sts = (credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) =>
  new STSClient({ ...cloud.client(), ...(credentials && { credentials }) });

async function query(form: string) {
  const headers = {
    host: new URL(cloud.endpoint).host,
    "content-type": "application/x-www-form-urlencoded",
  };
  const signed = sign(
    { method: "POST", path: "/", query: "", headers },
    { accessKeyId: "test", secretAccessKey: "test" },
    { region: "us-east-1", service: "sts", now: Date.now(), payloadHash: hash("sha256", form, "hex") },
  );
  const response = await fetch(cloud.endpoint, {
    method: "POST",
    headers: { ...headers, ...signed },
    body: form,
  });
  return { status: response.status, xml: await response.text() };
}

async function session() {
  const { Credentials } = await sts().send(new GetSessionTokenCommand({}));
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials!;
  return {
    expires: Expiration!.getTime(),
    credentials: {
      accessKeyId: AccessKeyId!,
      secretAccessKey: SecretAccessKey!,
      sessionToken: SessionToken!,
    },
  };
}

const ROOT = { UserId: "000000000000", Account: "000000000000", Arn: "arn:aws:iam::000000000000:root" };

behaviour("GetCallerIdentity returns the root user of the account", api("GetCallerIdentity"), async () => {
  expect(await sts().send(new GetCallerIdentityCommand({}))).toMatchObject(ROOT);
});

behaviour("GetAccessKeyInfo returns the account of a session's key", api("GetAccessKeyInfo"), async () => {
  const { accessKeyId } = (await session()).credentials;
  expect((await sts().send(new GetAccessKeyInfoCommand({ AccessKeyId: accessKeyId }))).Account).toBe(
    ROOT.Account,
  );
});

behaviour(
  "GetAccessKeyInfo tells the account of a key of any account, whether or not it exists",
  "https://awsteele.com/blog/2020/09/26/aws-access-key-format.html",
  async () => {
    const AccessKeyId = "ASIAY34FZKBOKMUTVV7A";
    expect((await sts().send(new GetAccessKeyInfoCommand({ AccessKeyId }))).Account).toBe("609629065308");
  },
);

for (const AccessKeyId of ["short", "has-a-hyphen-in-its-middle"])
  behaviour(`"${AccessKeyId}" is not a valid access key ID`, api("GetAccessKeyInfo"), async () => {
    await expect(sts().send(new GetAccessKeyInfoCommand({ AccessKeyId }))).rejects.toMatchObject({
      name: "ValidationError",
      $metadata: { httpStatusCode: 400 },
    });
  });

behaviour("an access key ID that does not exist is an error", api("GetAccessKeyInfo"), async () => {
  const AccessKeyId = "AKIAIOSFODNN7EXAMPLE";
  await expect(sts().send(new GetAccessKeyInfoCommand({ AccessKeyId }))).rejects.toMatchObject({
    name: "InvalidClientTokenId",
    $metadata: { httpStatusCode: 403 },
  });
});

behaviour("the session of a root user expires after an hour", api("GetSessionToken"), async () => {
  const { expires, credentials } = await session();
  expect(Math.abs(expires - Date.now() - 3_600_000)).toBeLessThan(60_000);
  expect(credentials.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
  expect(await sts(credentials).send(new GetCallerIdentityCommand({}))).toMatchObject(ROOT);
});

behaviour(
  "GetSessionToken refuses session credentials",
  "https://github.com/aws/aws-sdk-net/issues/1704",
  async () => {
    const { credentials } = await session();
    await expect(sts(credentials).send(new GetSessionTokenCommand({}))).rejects.toMatchObject({
      name: "AccessDenied",
      message: "Cannot call GetSessionToken with session credentials",
      $metadata: { httpStatusCode: 403 },
    });
  },
);

behaviour(
  "GetSessionToken refuses an MFA device that does not exist",
  "https://github.com/aws/aws-cli/issues/6325",
  async () => {
    const SerialNumber = "arn:aws:iam::000000000000:mfa/device";
    await expect(
      sts().send(new GetSessionTokenCommand({ SerialNumber, TokenCode: "123456" })),
    ).rejects.toMatchObject({
      name: "AccessDenied",
      message:
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
    });
  },
);

behaviour(
  "GetSessionToken refuses an MFA code without a serial number",
  "https://github.com/y13i/sgviz/issues/9",
  async () => {
    await expect(sts().send(new GetSessionTokenCommand({ TokenCode: "123456" }))).rejects.toMatchObject({
      name: "AccessDenied",
      message:
        "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
    });
  },
);

/** IAM, SES and SNS return the same message, as they share a framework. */
const OBSERVED = "https://github.com/ex-aws/ex_aws/pull/177";
for (const [form, operation, version] of [
  ["Action=MakeTea&Version=2011-06-15", "MakeTea", "2011-06-15"],
  ["Action=GetCallerIdentity&Version=2000-01-01", "GetCallerIdentity", "2000-01-01"],
  ["Action=GetCallerIdentity", "GetCallerIdentity", "NO_VERSION_SPECIFIED"],
] as const)
  behaviour(`${form} is refused as an unknown operation`, OBSERVED, async () => {
    const { status, xml } = await query(form);
    expect(status).toBe(400);
    expect(xml).toContain(
      `<Error><Type>Sender</Type><Code>InvalidAction</Code><Message>Could not find operation ${operation} for version ${version}</Message></Error>`,
    );
  });

behaviour("GetSessionToken refuses a duration below the minimum", api("GetSessionToken"), async () => {
  const { status, xml } = await query("Action=GetSessionToken&Version=2011-06-15&DurationSeconds=899");
  expect(status).toBe(400);
  expect(xml).toContain(
    "<Code>ValidationError</Code><Message>1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900</Message>",
  );
});
