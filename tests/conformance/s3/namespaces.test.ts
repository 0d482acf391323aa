import { CreateBucketCommand, type CreateBucketCommandInput, S3Client } from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { identities } from "../identities.ts";
import { refused, s3Client, type TappedClient } from "./client.ts";

const cloud = conformanceCloud();
const { user } = identities(cloud);
let s3: TappedClient;
let europe: TappedClient;
beforeAll(() => {
  s3 = s3Client(cloud, { account: "111122223333" });
  europe = s3Client(cloud, { account: "111122223333", region: "eu-west-1" });
});

const NAMESPACES = doc("AmazonS3/latest/userguide/gpbucketnamespaces.html");
const NAMES = doc("AmazonS3/latest/userguide/bucketnamingrules.html");
const ANSIBLE = "https://github.com/ansible-collections/amazon.aws/issues/2935";

const own = { BucketNamespace: "account-regional" } as const;
const inEurope = { CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } } as const;
const create = (input: CreateBucketCommandInput, by = s3) => by.send(new CreateBucketCommand(input));

behaviour("an account has its own bucket namespace in each Region", NAMESPACES, async () => {
  const home = "logs-111122223333-us-east-1-an";
  expect((await create({ Bucket: home, ...own })).Location).toBe(`/${home}`);
  const abroad = "logs-111122223333-eu-west-1-an";
  expect(await create({ Bucket: abroad, ...own, ...inEurope }, europe)).toMatchObject({
    Location: `/${abroad}`,
    BucketArn: `arn:aws:s3:::${abroad}`,
  });
});

behaviour("CreateBucket in the account namespace requires the namespace header", ANSIBLE, () =>
  refused(create({ Bucket: "silent-111122223333-us-east-1-an" }), "MissingNamespaceHeader", 400, {
    message:
      "The requested bucket is an account-regional namespace bucket, but your request is missing the required x-amz-bucket-namespace header.",
    Header: "x-amz-bucket-namespace",
  }),
);

for (const [whose, Bucket] of [
  ["no account's", "plain"],
  ["another account's", "logs-444455556666-us-east-1-an"],
  ["another Region's", "logs-111122223333-eu-west-1-an"],
] as const) {
  behaviour(`a name with ${whose} suffix is not valid in the account namespace`, NAMESPACES, () =>
    refused(create({ Bucket, ...own }), "InvalidNamespaceHeader", 400, {
      message:
        "The requested bucket name did not include the account-regional namespace suffix, but the provided x-amz-bucket-namespace header value is account-regional. Specify -111122223333-us-east-1-an as the bucket name suffix to create a bucket in your account-regional namespace, or remove the header.",
    }),
  );
}

behaviour("a name in the global namespace must not end with -an", NAMES, async () => {
  await refused(create({ Bucket: "caravan-an" }), "InvalidBucketName", 400);
  await refused(create({ Bucket: "caravan-an", BucketNamespace: "global" }), "InvalidBucketName", 400);
  await create({ Bucket: "caravan", BucketNamespace: "global" });
});

behaviour("a policy may restrict an account to its own namespace", NAMESPACES, async () => {
  const allows = [
    { Action: "s3:CreateBucket", Resource: "*" },
    {
      Effect: "Deny",
      Action: "s3:CreateBucket",
      Resource: "*",
      Condition: { StringNotEquals: { "s3:x-amz-bucket-namespace": "account-regional" } },
    },
  ];
  const ann = new S3Client({
    ...user("ann", { account: "111122223333", allows }),
    forcePathStyle: true,
  });
  const Bucket = "kept-111122223333-us-east-1-an";
  await ann.send(new CreateBucketCommand({ Bucket, ...own }));
  await refused(ann.send(new CreateBucketCommand({ Bucket: "strayed" })), "AccessDenied", 403);
});
