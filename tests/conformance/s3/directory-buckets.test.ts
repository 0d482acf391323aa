import { gunzipSync } from "node:zlib";
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  type CreateBucketCommandInput,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketLifecycleCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type InventoryConfiguration,
  ListBucketMetricsConfigurationsCommand,
  ListBucketsCommand,
  ListDirectoryBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutBucketInventoryConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketMetricsConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { ListTagsForResourceCommand, S3ControlClient, TagResourceCommand } from "@aws-sdk/client-s3-control";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { refused, type TappedClient } from "./client.ts";
import { directoryClient, directoryName, freshDirectory, inZone, ZONE } from "./directories.ts";
import { resolved } from "./resolved.ts";

/* Directory buckets: their creation, their configurations, and what they do not support. */

const cloud = conformanceCloud();
const OWNER = "111122223333";
/** A client that signs with its own credentials, without a session. */
const client = (account = OWNER, region = "us-east-1") =>
  directoryClient(cloud, { account, region }, { disableS3ExpressSessionAuth: true });
let s3: TappedClient;
let Bucket: string;
beforeAll(async () => {
  s3 = client();
  Bucket = await freshDirectory(s3);
});

const CREATE = doc("AmazonS3/latest/API/API_CreateBucket.html");
const NAMES = doc("AmazonS3/latest/userguide/directory-bucket-naming-rules.html");
const ZONES = doc("AmazonS3/latest/userguide/endpoint-directory-buckets-AZ.html");
const LIST = doc("AmazonS3/latest/API/API_ListDirectoryBuckets.html");
const HEAD = doc("AmazonS3/latest/API/API_HeadBucket.html");
const DELETE = doc("AmazonS3/latest/API/API_DeleteBucket.html");
const DIFFERENCES = doc("AmazonS3/latest/userguide/s3-express-differences.html");
const ENCRYPTION = doc("AmazonS3/latest/API/API_PutBucketEncryption.html");
const LIFECYCLE = doc("AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html");
const TAGS = doc("AmazonS3/latest/userguide/directory-buckets-tagging.html");
const APIS = doc("AmazonS3/latest/userguide/s3-express-APIs.html");

const arn = (bucket: string, region = "us-east-1") => `arn:aws:s3express:${region}:${OWNER}:bucket/${bucket}`;
const create = (input: Partial<CreateBucketCommandInput> = {}, by: S3Client = s3) =>
  by.send(
    new CreateBucketCommand({ Bucket: directoryName(), CreateBucketConfiguration: inZone(), ...input }),
  );

behaviour("a directory bucket is created in a zone, and HeadBucket shows where", HEAD, async () => {
  const Bucket = directoryName();
  expect(await create({ Bucket })).toMatchObject({ BucketArn: arn(Bucket) });
  const { headers } = await s3.raw(new HeadBucketCommand({ Bucket }));
  expect(headers).toMatchObject({
    "x-amz-bucket-arn": arn(Bucket),
    "x-amz-bucket-location-type": "AvailabilityZone",
    "x-amz-bucket-location-name": ZONE,
    "x-amz-bucket-region": "us-east-1",
    "x-amz-access-point-alias": "false",
  });
});

for (const [region, zone] of [
  ["us-east-2", "use2-az1"],
  ["us-west-2", "usw2-az3"],
  ["ap-south-1", "aps1-az3"],
  ["ap-northeast-1", "apne1-az4"],
  ["eu-west-1", "euw1-az1"],
  ["eu-north-1", "eun1-az3"],
] as const) {
  behaviour(`${zone} is a zone of ${region}`, ZONES, async () => {
    const there = client(OWNER, region);
    const Bucket = directoryName(zone);
    const { BucketArn } = await create({ Bucket, CreateBucketConfiguration: inZone(zone) }, there);
    expect(BucketArn).toBe(arn(Bucket, region));
  });
}

for (const [what, name, zone] of [
  ["without a zone", "plain--x-s3", ZONE],
  ["in capitals", `Case--${ZONE}--x-s3`, ZONE],
  ["with a dot", `a.b--${ZONE}--x-s3`, ZONE],
  ["of 64 characters", `${"a".repeat(48)}--${ZONE}--x-s3`, ZONE],
  ["with a reserved prefix", `sthree-a--${ZONE}--x-s3`, ZONE],
  ["of another zone than its location", "a--use1-az5--x-s3", ZONE],
  ["of a zone without directory buckets", "a--use1-az1--x-s3", "use1-az1"],
] as const) {
  behaviour(`a name ${what} is not that of a directory bucket`, NAMES, () =>
    refused(create({ Bucket: name, CreateBucketConfiguration: inZone(zone) }), "InvalidBucketName", 400),
  );
}

const ACK = "https://github.com/aws-controllers-k8s/community/issues/2658";
behaviour("the name alone does not make a directory bucket", ACK, () =>
  refused(create({ CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }), "MalformedXML", 400),
);

behaviour("the redundancy must be that of the location", CREATE, () =>
  refused(
    create({
      CreateBucketConfiguration: {
        ...inZone(),
        Bucket: { Type: "Directory", DataRedundancy: "SingleLocalZone" },
      },
    }),
    "InvalidRequest",
    400,
    { message: "Invalid Data Redundancy value" },
  ),
);

behaviour("a general purpose bucket has no location", CREATE, () =>
  refused(create({ Bucket: "general" }), "InvalidBucketName", 400),
);

behaviour("a directory bucket cannot be created twice", CREATE, async () => {
  await refused(create({ Bucket }), "BucketAlreadyOwnedByYou", 409);
  await refused(create({ Bucket }, client("444455556666")), "BucketAlreadyExists", 409);
});

behaviour("directory buckets are listed apart from others, and those of one Region", LIST, async () => {
  const account = "222233334444";
  const lister = client(account);
  const general = `general-${account}`;
  await lister.send(new CreateBucketCommand({ Bucket: general }));
  const names = [await freshDirectory(lister), await freshDirectory(lister), await freshDirectory(lister)];
  const first = await lister.send(new ListDirectoryBucketsCommand({ MaxDirectoryBuckets: 2 }));
  const { ContinuationToken } = first;
  const rest = await lister.send(new ListDirectoryBucketsCommand({ ContinuationToken }));
  expect([...first.Buckets!, ...rest.Buckets!].map(({ Name }) => Name)).toEqual(names.sort());
  expect(first.Buckets![0]).toMatchObject({ CreationDate: expect.any(Date) });
  expect(rest.ContinuationToken).toBeUndefined();
  const { Buckets } = await lister.send(new ListBucketsCommand({}));
  expect(Buckets!.map(({ Name }) => Name)).toEqual([general]);
  const abroad = client(account, "us-west-2");
  expect((await abroad.send(new ListDirectoryBucketsCommand({}))).Buckets ?? []).toEqual([]);
});

behaviour("a directory bucket with objects or uploads is not deleted", DELETE, async () => {
  const Bucket = await freshDirectory(s3);
  const at = { Bucket, Key: "k" };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
  await refused(s3.send(new DeleteBucketCommand({ Bucket })), "BucketNotEmpty", 409);
  await s3.send(new AbortMultipartUploadCommand({ ...at, UploadId }));
  await s3.send(new DeleteBucketCommand({ Bucket }));
  await refused(s3.send(new HeadBucketCommand({ Bucket })), "NotFound", 404);
});

behaviour("the default encryption is that with S3's keys", ENCRYPTION, async () => {
  const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
  expect(
    ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm,
  ).toBe("AES256");
});

const encryptBy = (KMSMasterKeyID?: string) =>
  s3.send(
    new PutBucketEncryptionCommand({
      Bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID } }],
      },
    }),
  );
behaviour("encryption with KMS needs a key of the customer's, which must exist", ENCRYPTION, async () => {
  await refused(encryptBy(), "InvalidRequest", 400);
  await refused(encryptBy("alias/aws/s3"), "InvalidRequest", 400);
  await refused(encryptBy("1234abcd-12ab-34cd-56ef-1234567890ab"), "KMS.NotFoundException", 400);
});

const rule = (more: object) => ({
  ID: "r",
  Status: "Enabled" as const,
  Filter: { Prefix: "logs/" },
  ...more,
});
const age = (more: object) =>
  s3.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule(more)] } }),
  );

behaviour("lifecycle rules expire objects and abort uploads", LIFECYCLE, async () => {
  const at = { Bucket, Key: "logs/old" };
  await s3.send(new PutObjectCommand(at));
  await age({ Expiration: { Days: 1 }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } });
  const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
  expect(Rules).toMatchObject([{ ID: "r", Expiration: { Days: 1 } }]);
  const { headers } = await s3.raw(new HeadObjectCommand(at));
  expect(headers["x-amz-expiration"]).toBe("NotImplemented");
  await cloud.freeze();
  for (let day = 0; day < 3; day++) await cloud.advance(86_400_000);
  await refused(s3.send(new HeadObjectCommand(at)), "NotFound", 404);
  await s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
});

for (const [what, more] of [
  ["transitions", { Transitions: [{ Days: 1, StorageClass: "GLACIER" }] }],
  ["noncurrent versions", { NoncurrentVersionExpiration: { NoncurrentDays: 1 } }],
  ["tags", { Expiration: { Days: 1 }, Filter: { Tag: { Key: "k", Value: "v" } } }],
] as const) {
  behaviour(`lifecycle rules with ${what} are refused`, LIFECYCLE, () =>
    refused(age(more), "InvalidRequest", 400),
  );
}

behaviour("the metrics configurations of a directory bucket are listed", APIS, async () => {
  await s3.send(
    new PutBucketMetricsConfigurationCommand({ Bucket, Id: "m", MetricsConfiguration: { Id: "m" } }),
  );
  const listed = await s3.send(new ListBucketMetricsConfigurationsCommand({ Bucket }));
  expect(listed.MetricsConfigurationList).toMatchObject([{ Id: "m" }]);
});

behaviour("an inventory lists the objects of a directory bucket", APIS, async () => {
  const source = await freshDirectory(s3);
  await s3.send(new PutObjectCommand({ Bucket: source, Key: "dir/k", Body: "four" }));
  const reports = `reports-${OWNER}`;
  await s3.send(new CreateBucketCommand({ Bucket: reports }));
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Principal: { Service: "s3.amazonaws.com" },
      Action: "s3:PutObject",
      Resource: `arn:aws:s3:::${reports}/*`,
      Condition: { ArnEquals: { "aws:SourceArn": arn(source) } },
    },
  });
  await s3.send(new PutBucketPolicyCommand({ Bucket: reports, Policy }));
  const document: InventoryConfiguration = {
    Id: "all",
    IsEnabled: true,
    IncludedObjectVersions: "Current",
    Schedule: { Frequency: "Daily" },
    OptionalFields: ["Size", "StorageClass"],
    Destination: { S3BucketDestination: { Bucket: `arn:aws:s3:::${reports}`, Format: "CSV" } },
  };
  const configured = { Bucket: source, Id: "all", InventoryConfiguration: document };
  await s3.send(new PutBucketInventoryConfigurationCommand(configured));
  await cloud.freeze();
  await cloud.advance(86_400_000);
  const { Contents } = await s3.send(
    new ListObjectsV2Command({ Bucket: reports, Prefix: `${source}/all/data/` }),
  );
  const file = await s3.send(new GetObjectCommand({ Bucket: reports, Key: Contents![0]!.Key }));
  const list = gunzipSync(await file.Body!.transformToByteArray()).toString();
  expect(list).toBe(`"${source}","dir/k","4","EXPRESS_ONEZONE"\n`);
});

behaviour("tags are those of the control plane and of CreateBucket", TAGS, async () => {
  const Bucket = directoryName();
  const Tags = [{ Key: "stage", Value: "test" }];
  await create({ Bucket, CreateBucketConfiguration: { ...inZone(), Tags } });
  const control = new S3ControlClient({ ...cloud.client({ account: OWNER }), ...resolved(cloud) });
  const named = { AccountId: OWNER, ResourceArn: arn(Bucket) };
  await control.send(new TagResourceCommand({ ...named, Tags: [{ Key: "team", Value: "a" }] }));
  const listed = await control.send(new ListTagsForResourceCommand(named));
  expect(listed.Tags).toEqual([...Tags, { Key: "team", Value: "a" }]);
});

const at = () => ({ Bucket, Key: "k" });
const Tagging = { TagSet: [] };
for (const [name, command] of [
  ["GetBucketLocation", () => new GetBucketLocationCommand({ Bucket })],
  ["GetBucketVersioning", () => new GetBucketVersioningCommand({ Bucket })],
  [
    "PutBucketVersioning",
    () => new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
  ],
  ["PutBucketTagging", () => new PutBucketTaggingCommand({ Bucket, Tagging })],
  [
    "PutBucketNotificationConfiguration",
    () => new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: {} }),
  ],
] as const) {
  behaviour(`the Regional endpoint does not have ${name}`, DIFFERENCES, async () => {
    expect((await s3.raw(command())).status).toBe(405);
  });
}
for (const [name, command] of [
  ["ListObjects", () => new ListObjectsCommand({ Bucket })],
  ["ListObjectVersions", () => new ListObjectVersionsCommand({ Bucket })],
  ["PutObjectTagging", () => new PutObjectTaggingCommand({ ...at(), Tagging })],
  ["GetObjectAcl", () => new GetObjectAclCommand(at())],
  ["RestoreObject", () => new RestoreObjectCommand(at())],
  [
    "PutObjectLockConfiguration",
    () =>
      new PutObjectLockConfigurationCommand({
        Bucket,
        ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" },
      }),
  ],
] as const) {
  behaviour(`${name} is not implemented for directory buckets`, DIFFERENCES, () =>
    refused(s3.send(command() as never), "NotImplemented", 501),
  );
}

behaviour("calls on the bucket itself do not support the expected owner", APIS, () =>
  refused(s3.send(new GetBucketPolicyCommand({ Bucket, ExpectedBucketOwner: OWNER })), "NotImplemented", 501),
);

const POLICY = doc("AmazonS3/latest/API/API_PutBucketPolicy.html");
behaviour("the policy of a directory bucket can name CreateSession only", POLICY, async () => {
  const put = (statement: object) =>
    s3.send(
      new PutBucketPolicyCommand({
        Bucket,
        Policy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Principal: { AWS: OWNER }, Resource: arn(Bucket), ...statement }],
        }),
      }),
    );
  await refused(put({ Action: "s3:GetObject" }), "MalformedPolicy", 400);
  await refused(put({ Action: "s3express:DeleteBucket" }), "MalformedPolicy", 400);
  await refused(
    put({ Action: "s3express:CreateSession", Resource: `arn:aws:s3:::${Bucket}` }),
    "MalformedPolicy",
    400,
  );
  await put({
    Action: "s3express:CreateSession",
    Condition: { StringEquals: { "s3express:SessionMode": "ReadOnly" } },
  });
  expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toContain("s3express:SessionMode");
});
