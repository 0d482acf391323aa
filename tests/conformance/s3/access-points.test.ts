import {
  CopyObjectCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  CreateAccessPointCommand,
  type CreateAccessPointCommandInput,
  DeleteAccessPointCommand,
  DeleteAccessPointPolicyCommand,
  GetAccessPointCommand,
  GetAccessPointPolicyCommand,
  GetAccessPointPolicyStatusCommand,
  ListAccessPointsCommand,
  ListTagsForResourceCommand,
  PutAccessPointPolicyCommand,
  S3ControlClient,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-s3-control";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { bucketAccess, denied, OTHER, OWNER, THIRD } from "./bucket-access.ts";
import { resolved } from "./resolved.ts";
import { send } from "./wire.ts";

const cloud = conformanceCloud();
const { owner, other, anonymous, bucket, unblock, policy, put, get, list, open } = bucketAccess(cloud);

const CREATE = doc("AmazonS3/latest/API/API_control_CreateAccessPoint.html");
const GET = doc("AmazonS3/latest/API/API_control_GetAccessPoint.html");
const LIST = doc("AmazonS3/latest/API/API_control_ListAccessPoints.html");
const DELETE = doc("AmazonS3/latest/API/API_control_DeleteAccessPoint.html");
const PUT_POLICY = doc("AmazonS3/latest/API/API_control_PutAccessPointPolicy.html");
const GET_POLICY = doc("AmazonS3/latest/API/API_control_GetAccessPointPolicy.html");
const NAMING = doc("AmazonS3/latest/userguide/access-points-naming.html");
const RULES = doc("AmazonS3/latest/userguide/access-points-restrictions-limitations-naming-rules.html");
const POLICIES = doc("AmazonS3/latest/userguide/access-points-policies.html");
const ORIGIN = doc("AmazonS3/latest/userguide/access-points-vpc.html");
const BLOCK = doc("AmazonS3/latest/userguide/access-points-bpa-settings.html");
const TAGS = doc("AmazonS3/latest/API/API_control_TagResource.html");

const here = () => resolved(cloud);
const control = (account = OWNER, region = "us-east-1") =>
  new S3ControlClient({ ...cloud.client({ account, region }), ...here() });
/** A client that accepts access point ARNs as buckets, as it does by default. */
const byHost = (account = OWNER) => new S3Client({ ...cloud.client({ account }), ...here() });

let made = 0;
async function accessPoint(Bucket: string, more: Partial<CreateAccessPointCommandInput> = {}) {
  const Name = `point-${++made}`;
  const created = await control(more.AccountId).send(
    new CreateAccessPointCommand({ AccountId: OWNER, Name, Bucket, ...more }),
  );
  return { Name, arn: created.AccessPointArn!, alias: created.Alias! };
}
const opened = { PublicAccessBlockConfiguration: { BlockPublicPolicy: false } };
const at = (Name: string) => ({ AccountId: OWNER, Name });
const putPolicy = (Name: string, arn: string, ...statements: object[]) =>
  control().send(
    new PutAccessPointPolicyCommand({
      ...at(Name),
      Policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: statements.map((statement) => ({
          Effect: "Allow",
          Principal: "*",
          Action: "s3:*",
          Resource: [arn, `${arn}/object/*`],
          ...statement,
        })),
      }),
    }),
  );

behaviour("CreateAccessPoint returns an ARN and an alias", CREATE, async () => {
  const { Name, arn, alias } = await accessPoint(await bucket());
  expect(arn).toBe(`arn:aws:s3:us-east-1:${OWNER}:accesspoint/${Name}`);
  expect(alias).toMatch(new RegExp(`^${Name}-[a-z0-9]{34}-s3alias$`));
  expect(alias.length).toBeLessThanOrEqual(63);
});

behaviour("GetAccessPoint describes the access point", GET, async () => {
  const Bucket = await bucket();
  const { Name, arn, alias } = await accessPoint(Bucket);
  expect(await control().send(new GetAccessPointCommand(at(Name)))).toMatchObject({
    Name,
    Bucket,
    NetworkOrigin: "Internet",
    AccessPointArn: arn,
    Alias: alias,
    BucketAccountId: OWNER,
    CreationDate: expect.any(Date),
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    },
    Endpoints: {
      ipv4: "s3-accesspoint.us-east-1.amazonaws.com",
      dualstack: "s3-accesspoint.dualstack.us-east-1.amazonaws.com",
      fips: "s3-accesspoint-fips.us-east-1.amazonaws.com",
      fips_dualstack: "s3-accesspoint-fips.dualstack.us-east-1.amazonaws.com",
    },
  });
});

behaviour("GetAccessPoint of a missing access point fails", GET, async () => {
  await expect(control().send(new GetAccessPointCommand(at("missing")))).rejects.toMatchObject({
    name: "NoSuchAccessPoint",
    message: "The specified accesspoint does not exist",
    $metadata: { httpStatusCode: 404 },
  });
});

behaviour("a name is unique within an account and Region", RULES, async () => {
  const Bucket = await bucket();
  const { Name } = await accessPoint(Bucket);
  const again = control().send(new CreateAccessPointCommand({ ...at(Name), Bucket }));
  await expect(again).rejects.toMatchObject({
    name: "AccessPointAlreadyOwnedByYou",
    $metadata: { httpStatusCode: 409 },
  });
});

for (const Name of [
  "Capital",
  "under_score",
  "dot.ted",
  "-hyphen",
  "hyphen-",
  "a".repeat(51),
  "my-s3alias",
]) {
  behaviour(`${Name} is not a valid access point name`, RULES, async () => {
    const created = control().send(new CreateAccessPointCommand({ ...at(Name), Bucket: await bucket() }));
    await expect(created).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });
}

behaviour("CreateAccessPoint requires an existing bucket", CREATE, async () => {
  const created = control().send(
    new CreateAccessPointCommand({ ...at("nowhere"), Bucket: "no-such-bucket-here" }),
  );
  await expect(created).rejects.toMatchObject({ name: "NoSuchBucket", $metadata: { httpStatusCode: 404 } });
});

behaviour(
  "CreateAccessPoint for another account's bucket requires BucketAccountId",
  doc("AmazonS3/latest/userguide/creating-access-points.html"),
  async () => {
    const Bucket = await bucket();
    const created = (more: object) =>
      control(OTHER).send(
        new CreateAccessPointCommand({ AccountId: OTHER, Name: "theirs", Bucket, ...more }),
      );
    await expect(created({})).rejects.toMatchObject({ name: "AccessDenied" });
    await created({ BucketAccountId: OWNER });
    const { AccessPointList } = await control(OTHER).send(
      new ListAccessPointsCommand({ AccountId: OTHER, Bucket }),
    );
    expect(AccessPointList).toMatchObject([{ Name: "theirs", BucketAccountId: OWNER }]);
  },
);

behaviour("GetAccessPoint of another account is denied", CREATE, async () => {
  const attempt = control(THIRD).send(new ListAccessPointsCommand({ AccountId: OWNER }));
  await expect(attempt).rejects.toMatchObject({ name: "AccessDenied", $metadata: { httpStatusCode: 403 } });
});

behaviour("ListAccessPoints filters by bucket and pages", LIST, async () => {
  const Bucket = await bucket();
  const names = [];
  for (let n = 0; n < 3; n++) names.push((await accessPoint(Bucket)).Name);
  const page = (more: object) =>
    control().send(new ListAccessPointsCommand({ AccountId: OWNER, Bucket, MaxResults: 2, ...more }));
  const first = await page({});
  const second = await page({ NextToken: first.NextToken });
  const listed = [...first.AccessPointList!, ...second.AccessPointList!].map(({ Name }) => Name);
  expect(listed).toEqual(names.sort());
  expect(second.NextToken).toBeUndefined();
});

behaviour("a deleted access point is not found", DELETE, async () => {
  const { Name } = await accessPoint(await bucket());
  await control().send(new DeleteAccessPointCommand(at(Name)));
  await expect(control().send(new GetAccessPointCommand(at(Name)))).rejects.toMatchObject({
    name: "NoSuchAccessPoint",
  });
});

behaviour(
  "a bucket with access points cannot be deleted",
  doc("AmazonS3/latest/API/ErrorResponses.html"),
  async () => {
    const Bucket = await bucket();
    const { Name } = await accessPoint(Bucket);
    const remove = () => owner().send(new DeleteBucketCommand({ Bucket }));
    await expect(remove()).rejects.toMatchObject({ name: "BucketHasAccessPointsAttached" });
    await control().send(new DeleteAccessPointCommand(at(Name)));
    await remove();
  },
);

// Addressing

behaviour("an alias may be used in place of a bucket name", NAMING, async () => {
  const Bucket = await bucket();
  const { alias } = await accessPoint(Bucket);
  await owner().send(new PutObjectCommand({ Bucket: alias, Key: "k", Body: "by alias" }));
  expect(await (await get(owner(), Bucket)).Body!.transformToString()).toBe("by alias");
  expect((await list(owner(), alias)).KeyCount).toBe(1);
});

behaviour(
  "HeadBucket reports whether it was called by an alias",
  doc("AmazonS3/latest/API/API_HeadBucket.html"),
  async () => {
    const Bucket = await bucket();
    const { alias } = await accessPoint(Bucket);
    expect((await owner().send(new HeadBucketCommand({ Bucket: alias }))).AccessPointAlias).toBe(true);
    expect((await owner().send(new HeadBucketCommand({ Bucket }))).AccessPointAlias).toBe(false);
  },
);

behaviour("clients address an access point by its ARN through a virtual host", NAMING, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  const { arn } = await accessPoint(Bucket);
  const got = await byHost().send(new GetObjectCommand({ Bucket: arn, Key: "k" }));
  expect(await got.Body!.transformToString()).toBe("data");
  expect((await byHost().send(new ListObjectsV2Command({ Bucket: arn }))).KeyCount).toBe(1);
});

behaviour("AWS's own host names address the access point", NAMING, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  const { Name } = await accessPoint(Bucket);
  const host = `${Name}-${OWNER}.s3-accesspoint.us-east-1.amazonaws.com`;
  const answer = await send(cloud, { method: "GET", target: "/k", headers: { host }, account: OWNER });
  expect(answer.text).toBe("data");
});

behaviour("an access point is one, even if its name ends as a directory bucket's", RULES, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  const Name = "ends--x-s3";
  const { arn } = await accessPoint(Bucket, { Name });
  const host = `${Name}-${OWNER}.s3-accesspoint.us-east-1.amazonaws.com`;
  const request = { method: "GET", target: "/k", headers: { host }, account: OWNER };
  expect((await send(cloud, request)).text).toBe("data");
  await putPolicy(Name, arn, { Effect: "Deny" });
  expect((await send(cloud, request)).status).toBe(403);
});

behaviour(
  "an access point may be the source and the destination of a copy",
  doc("AmazonS3/latest/API/API_CopyObject.html"),
  async () => {
    const Bucket = await bucket();
    await put(Bucket);
    const { arn, alias } = await accessPoint(Bucket);
    await owner().send(
      new CopyObjectCommand({ Bucket: alias, Key: "c", CopySource: encodeURIComponent(`${arn}/object/k`) }),
    );
    await get(owner(), Bucket, "c");
  },
);

behaviour(
  "bucket-level operations are refused through an access point",
  doc("AmazonS3/latest/userguide/access-points-service-api-support.html"),
  async () => {
    const { alias } = await accessPoint(await bucket());
    const changed = owner().send(
      new PutBucketVersioningCommand({ Bucket: alias, VersioningConfiguration: { Status: "Enabled" } }),
    );
    const refusal = { name: "MethodNotAllowed", $metadata: { httpStatusCode: 405 } };
    await expect(changed).rejects.toMatchObject(refusal);
    const attempt = owner().send(new GetBucketVersioningCommand({ Bucket: alias }));
    await expect(attempt).rejects.toMatchObject(refusal);
    await owner().send(new GetBucketLocationCommand({ Bucket: alias }));
  },
);

behaviour("GetBucketPolicy takes an alias", doc("AmazonS3/latest/API/API_GetBucketPolicy.html"), async () => {
  const Bucket = await bucket();
  await policy(Bucket, { Principal: { AWS: OWNER } });
  const { alias } = await accessPoint(Bucket);
  const getPolicy = (name: string) => owner().send(new GetBucketPolicyCommand({ Bucket: name }));
  expect((await getPolicy(alias)).Policy).toBe((await getPolicy(Bucket)).Policy);
});

// Policies

behaviour("GetAccessPointPolicy returns the policy until it is deleted", GET_POLICY, async () => {
  const { Name, arn } = await accessPoint(await bucket());
  await putPolicy(Name, arn, { Principal: { AWS: OTHER }, Sid: "one" });
  const response = await control().send(new GetAccessPointPolicyCommand(at(Name)));
  expect(JSON.parse(response.Policy!).Statement[0].Sid).toBe("one");
  await control().send(new DeleteAccessPointPolicyCommand(at(Name)));
  await expect(control().send(new GetAccessPointPolicyCommand(at(Name)))).rejects.toMatchObject({
    name: "NoSuchAccessPointPolicy",
    message: "The specified accesspoint policy does not exist",
    $metadata: { httpStatusCode: 404 },
  });
});

behaviour("the resources of an access point policy must be of the access point", PUT_POLICY, async () => {
  const Bucket = await bucket();
  const { Name } = await accessPoint(Bucket);
  await expect(
    putPolicy(Name, `arn:aws:s3:::${Bucket}`, { Principal: { AWS: OTHER } }),
  ).rejects.toMatchObject({ name: "MalformedPolicy", message: "Policy has invalid resource" });
});

behaviour("a public policy is refused where public policies are blocked", BLOCK, async () => {
  const { Name, arn } = await accessPoint(await bucket());
  await expect(putPolicy(Name, arn, {})).rejects.toMatchObject({
    name: "AccessDenied",
    message: expect.stringContaining("BlockPublicPolicy"),
  });
});

behaviour(
  "a policy for everyone is public, except that of an access point for a VPC",
  doc("AmazonS3/latest/userguide/access-control-block-public-access.html"),
  async () => {
    const Bucket = await bucket();
    await unblock(Bucket);
    const { Name, arn } = await accessPoint(Bucket, opened);
    const isPublic = async (name = Name) =>
      (await control().send(new GetAccessPointPolicyStatusCommand(at(name)))).PolicyStatus!.IsPublic;
    await putPolicy(Name, arn, { Principal: { AWS: OTHER } });
    expect(await isPublic()).toBe(false);
    await putPolicy(Name, arn, {});
    expect(await isPublic()).toBe(true);
    const inVpc = await accessPoint(Bucket, { VpcConfiguration: { VpcId: "vpc-1a2b3c" } });
    await putPolicy(inVpc.Name, inVpc.arn, {});
    expect(await isPublic(inVpc.Name)).toBe(false);
  },
);

behaviour("a request requires an allow from both the access point and the bucket", POLICIES, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  const { Name, arn, alias } = await accessPoint(Bucket);
  await putPolicy(Name, arn, { Principal: { AWS: OTHER }, Action: "s3:GetObject" });
  await expect(get(other(), alias)).rejects.toMatchObject(denied);
  await policy(Bucket, { Principal: { AWS: OTHER }, Action: "s3:GetObject" });
  await get(other(), alias);
  await control().send(new DeleteAccessPointPolicyCommand(at(Name)));
  await expect(get(other(), alias)).rejects.toMatchObject(denied);
});

behaviour("a bucket policy can delegate to the access points of an account", POLICIES, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  await policy(Bucket, {
    Principal: { AWS: "*" },
    Condition: { StringEquals: { "s3:DataAccessPointAccount": OWNER } },
  });
  const { Name, arn, alias } = await accessPoint(Bucket);
  await putPolicy(Name, arn, { Principal: { AWS: OTHER }, Action: "s3:GetObject" });
  await get(other(), alias);
  await expect(get(other(), Bucket)).rejects.toMatchObject(denied);
});

behaviour("s3:DataAccessPointArn has the access point of the request", POLICIES, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  const { Name, arn, alias } = await accessPoint(Bucket);
  await putPolicy(Name, arn, { Principal: { AWS: OTHER }, Action: "s3:GetObject" });
  const only = (value: string) =>
    policy(Bucket, {
      Principal: { AWS: OTHER },
      Condition: { StringLike: { "s3:DataAccessPointArn": value } },
    });
  await only(`arn:aws:s3:us-east-1:${OWNER}:accesspoint/other`);
  await expect(get(other(), alias)).rejects.toMatchObject(denied);
  await only(arn);
  await get(other(), alias);
});

behaviour("an access point policy may be limited to a prefix", POLICIES, async () => {
  const Bucket = await bucket();
  await put(Bucket, "jane/k");
  await put(Bucket, "k");
  const { Name, arn, alias } = await accessPoint(Bucket);
  await policy(Bucket, { Principal: { AWS: OTHER } });
  await putPolicy(Name, arn, {
    Principal: { AWS: OTHER },
    Action: "s3:GetObject",
    Resource: `${arn}/object/jane/*`,
  });
  await get(other(), alias, "jane/k");
  await expect(get(other(), alias)).rejects.toMatchObject(denied);
});

behaviour("an access point's public access block adds to the bucket's", BLOCK, async () => {
  const Bucket = await open({ Action: "s3:GetObject" });
  const strict = await accessPoint(Bucket);
  await expect(get(other(), strict.alias)).rejects.toMatchObject(denied);
  const lax = await accessPoint(Bucket, opened);
  await putPolicy(lax.Name, lax.arn, { Action: "s3:GetObject" });
  await get(other(), lax.alias);
});

behaviour("anonymous requests through an access point are denied", RULES, async () => {
  const Bucket = await open({ Action: "s3:GetObject" });
  await get(anonymous(), Bucket);
  const { Name, arn, alias } = await accessPoint(Bucket, opened);
  await putPolicy(Name, arn, { Action: "s3:GetObject" });
  await expect(get(anonymous(), alias)).rejects.toMatchObject(denied);
});

behaviour("an access point for a VPC denies requests from the internet", ORIGIN, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  const { Name, alias } = await accessPoint(Bucket, { VpcConfiguration: { VpcId: "vpc-1a2b3c" } });
  expect(await control().send(new GetAccessPointCommand(at(Name)))).toMatchObject({
    NetworkOrigin: "VPC",
    VpcConfiguration: { VpcId: "vpc-1a2b3c" },
  });
  await expect(get(owner(), alias)).rejects.toMatchObject(denied);
});

// Tags

behaviour("access points and buckets are tagged by ARN", TAGS, async () => {
  const Bucket = await bucket();
  const { arn } = await accessPoint(Bucket, { Tags: [{ Key: "team", Value: "red" }] });
  for (const ResourceArn of [arn, `arn:aws:s3:::${Bucket}`]) {
    const at = { AccountId: OWNER, ResourceArn };
    await control().send(
      new TagResourceCommand({
        ...at,
        Tags: [
          { Key: "team", Value: "blue" },
          { Key: "cost", Value: "1" },
        ],
      }),
    );
    await control().send(new UntagResourceCommand({ ...at, TagKeys: ["cost"] }));
    const { Tags } = await control().send(new ListTagsForResourceCommand(at));
    expect(Tags).toEqual([{ Key: "team", Value: "blue" }]);
  }
});

behaviour("a bucket of another account cannot be tagged", TAGS, async () => {
  const ResourceArn = `arn:aws:s3:::${await bucket()}`;
  const tagged = control(OTHER).send(
    new TagResourceCommand({ AccountId: OTHER, ResourceArn, Tags: [{ Key: "a", Value: "b" }] }),
  );
  await expect(tagged).rejects.toMatchObject({ name: "AccessDenied" });
});
