import {
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  PutBucketPolicyCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { bucketAccess, OTHER, OTHER_ID, policyOn } from "./bucket-access.ts";

const cloud = conformanceCloud();
const { owner, other, bucket, unblock, policy } = bucketAccess(cloud);

const PUT = doc("AmazonS3/latest/API/API_PutBucketPolicy.html");
const GET = doc("AmazonS3/latest/API/API_GetBucketPolicy.html");
const DELETE = doc("AmazonS3/latest/API/API_DeleteBucketPolicy.html");
const STATUS = doc("AmazonS3/latest/API/API_GetBucketPolicyStatus.html");
const GRAMMAR = doc("IAM/latest/UserGuide/reference_policies_grammar.html");
const PUBLIC = doc(
  "AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status",
);

const put = (Bucket: string, Policy: string) => owner().send(new PutBucketPolicyCommand({ Bucket, Policy }));
const get = async (Bucket: string) => (await owner().send(new GetBucketPolicyCommand({ Bucket }))).Policy;

const TERRAFORM = "https://github.com/hashicorp/terraform/issues/9933";
const CROSSPLANE = "https://github.com/crossplane-contrib/provider-aws/issues/1771";

behaviour(
  "GetBucketPolicy returns the policy without white space, its elements in the order of the grammar",
  TERRAFORM,
  async () => {
    const Bucket = await bucket();
    const Resource = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
    const statement = {
      Sid: "one",
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${OTHER}:root` },
      Action: ["s3:PutObject", "s3:GetObject"],
      Resource,
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    };
    const elements = Object.fromEntries(Object.entries(statement).toReversed());
    await put(Bucket, JSON.stringify({ Statement: [elements], Id: "i", Version: "2012-10-17" }, null, 2));
    const written = { Version: "2012-10-17", Id: "i", Statement: [statement] };
    expect(await get(Bucket)).toBe(JSON.stringify(written));
  },
);

behaviour("equivalent forms of a policy are returned in one form", CROSSPLANE, async () => {
  const Bucket = await bucket();
  const Statement = {
    Effect: "Allow",
    Principal: { AWS: [OTHER] },
    Action: ["s3:GetObject"],
    Resource: [`arn:aws:s3:::${Bucket}/*`],
    Condition: { Bool: { "aws:SecureTransport": [false] }, Null: { "s3:ExistingObjectTag/a": true } },
  };
  await put(Bucket, JSON.stringify({ Version: "2012-10-17", Statement }));
  expect(JSON.parse((await get(Bucket))!).Statement).toEqual([
    {
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${OTHER}:root` },
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${Bucket}/*`,
      Condition: { Bool: { "aws:SecureTransport": "false" }, Null: { "s3:ExistingObjectTag/a": "true" } },
    },
  ]);
});

behaviour("PutBucketPolicy replaces the existing policy", PUT, async () => {
  const Bucket = await bucket();
  await policy(Bucket, { Principal: { AWS: OTHER }, Sid: "one" });
  await policy(Bucket, { Principal: { AWS: OTHER }, Sid: "two" });
  expect(JSON.parse((await get(Bucket))!).Statement[0].Sid).toBe("two");
});

behaviour("GetBucketPolicy of a bucket without a policy fails with NoSuchBucketPolicy", GET, async () => {
  await expect(get(await bucket())).rejects.toMatchObject({
    name: "NoSuchBucketPolicy",
    message: "The bucket policy does not exist",
    $metadata: { httpStatusCode: 404 },
  });
});

behaviour("PutBucketPolicy answers 204", PUT, async () => {
  const answer = await policy(await bucket(), { Principal: { AWS: OTHER } });
  expect(answer.$metadata.httpStatusCode).toBe(204);
});

behaviour("DeleteBucketPolicy deletes the policy and is idempotent", DELETE, async () => {
  const Bucket = await bucket();
  await policy(Bucket, { Principal: { AWS: OTHER } });
  const remove = () => owner().send(new DeleteBucketPolicyCommand({ Bucket }));
  expect((await remove()).$metadata.httpStatusCode).toBe(204);
  expect((await remove()).$metadata.httpStatusCode).toBe(204);
  await expect(get(Bucket)).rejects.toMatchObject({ name: "NoSuchBucketPolicy" });
});

for (const [what, command] of [
  [
    "PutBucketPolicy",
    (Bucket: string) => new PutBucketPolicyCommand({ Bucket, Policy: policyOn(Bucket, {}) }),
  ],
  ["GetBucketPolicy", (Bucket: string) => new GetBucketPolicyCommand({ Bucket })],
  ["DeleteBucketPolicy", (Bucket: string) => new DeleteBucketPolicyCommand({ Bucket })],
] as const) {
  behaviour(`${what} by another account answers 405 even if the policy allows it`, PUT, async () => {
    const Bucket = await bucket();
    await policy(Bucket, { Principal: { AWS: OTHER } });
    await expect(other().send(command(Bucket) as never)).rejects.toMatchObject({
      name: "MethodNotAllowed",
      $metadata: { httpStatusCode: 405 },
    });
  });

  behaviour(`the owner's root user may perform ${what} even if the policy denies it`, PUT, async () => {
    const Bucket = await bucket();
    await unblock(Bucket);
    await policy(Bucket, { Effect: "Deny" });
    await owner().send(command(Bucket) as never);
  });
}

const good = { Effect: "Allow", Principal: { AWS: OTHER }, Action: "s3:GetObject" };
const arn = (bucketName: string) => `arn:aws:s3:::${bucketName}`;

/** An invalid policy and the message that S3 returns. `bucket` stands for the bucket's name. */
const WRONG: [string, string | object, string, string?][] = [
  [
    "a document that is not a JSON object",
    "[]",
    "Policies must be valid JSON and the first byte must be '{'",
  ],
  [
    "a document that begins with a space",
    " {}",
    "Policies must be valid JSON and the first byte must be '{'",
  ],
  ["truncated JSON", '{"Version":', "This policy contains invalid Json"],
  ["no Statement", { Version: "2012-10-17" }, "Missing required field Statement"],
  [
    "no statements",
    { Version: "2012-10-17", Statement: [] },
    "Could not parse the policy: Statement is empty!",
  ],
  [
    "an unknown version",
    { Version: "2020-01-01", Statement: [good] },
    "The policy must contain a valid version string",
  ],
  ["an unknown element", { Version: "2012-10-17", Statments: [] }, "Unknown field Statments"],
  ["an unknown element of a statement", { "Fn::Join": 1 }, "Unknown field Fn::Join"],
  ["no Effect", { Effect: undefined }, "Missing required field Effect"],
  ["an unknown Effect", { Effect: "allow" }, "Invalid effect: allow"],
  ["no Principal", { Principal: undefined }, "Missing required field Principal"],
  ["an invalid Principal", { Principal: { AWS: "bob" } }, "Invalid principal in policy", '"AWS" : "bob"'],
  ["a Principal without a type", { Principal: "bob" }, "Invalid policy syntax."],
  [
    "a NotPrincipal with the Effect Allow",
    { Principal: undefined, NotPrincipal: { AWS: OTHER } },
    "Allow with NotPrincipal is not allowed.",
  ],
  [
    "a wildcard in the ARN of a Principal",
    { Principal: { AWS: `arn:aws:iam::${OTHER}:user/*` } },
    "Invalid principal in policy",
    `"AWS" : "arn:aws:iam::${OTHER}:user/*"`,
  ],
  ["no Action", { Action: undefined }, "Missing required field Action"],
  ["an unknown Action", { Action: "s3:GetObjects" }, "Policy has invalid action"],
  ["an Action of another service", { Action: "sqs:SendMessage" }, "Policy has invalid action"],
  ["no Resource", { Resource: undefined }, "Missing required field Resource"],
  ["the Resource *", { Resource: "*" }, "Policy has invalid resource"],
  [
    "the Resource of another bucket",
    { Resource: "arn:aws:s3:::another-bucket/*" },
    "Policy has invalid resource",
  ],
  ["a Resource that is not an ARN", { Resource: "bucket/*" }, "Policy has invalid resource"],
  [
    "an object action with a bucket as Resource",
    { Resource: "arn:aws:s3:::bucket" },
    "Action does not apply to any resource(s) in statement",
  ],
  [
    "a bucket action with objects as Resource",
    { Action: "s3:ListBucket", Resource: "arn:aws:s3:::bucket/*" },
    "Action does not apply to any resource(s) in statement",
  ],
  [
    "an unknown condition operator",
    { Condition: { StringIs: { "aws:userid": "a" } } },
    "Invalid Condition type : StringIs",
  ],
  [
    "an unknown condition key",
    { Condition: { StringEquals: { "s3:nothing": "a" } } },
    "Policy has an invalid condition key",
  ],
  [
    "a condition key that no action supports",
    { Condition: { StringEquals: { "s3:prefix": "a" } } },
    "Conditions do not apply to combination of actions and resources in statement",
  ],
  [
    "an invalid address block",
    { Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/40" } } },
    "Invalid IP address in Conditions",
  ],
  [
    "two statements with one Sid",
    {
      Version: "2012-10-17",
      Statement: [
        { ...good, Sid: "a", Resource: "arn:aws:s3:::bucket/*" },
        { ...good, Sid: "a", Resource: "arn:aws:s3:::bucket/*" },
      ],
    },
    "The Statement Ids in the policy are not unique",
  ],
  [
    "more than 20 KB",
    { Sid: "a".repeat(20_480) },
    "Normalized policy document exceeds the maximum allowed size of 20480 bytes",
  ],
];

for (const [what, elements, message, detail] of WRONG) {
  behaviour(`PutBucketPolicy refuses ${what}`, GRAMMAR, async () => {
    const Bucket = await bucket();
    const whole =
      typeof elements === "string" || "Version" in elements
        ? elements
        : { Version: "2012-10-17", Statement: [{ Resource: `${arn("bucket")}/*`, ...good, ...elements }] };
    const text = typeof whole === "string" ? whole : JSON.stringify(whole);
    const refused = put(Bucket, text.replaceAll(":::bucket", `:::${Bucket}`));
    await expect(refused).rejects.toMatchObject({
      name: "MalformedPolicy",
      message,
      $metadata: { httpStatusCode: 400 },
      ...(detail !== undefined && { Detail: detail }),
    });
  });
}

behaviour(
  "white space between the tokens of a policy does not count towards its size",
  "https://github.com/MIT-LCP/physionet-build/issues/2094",
  async () => {
    const Bucket = await bucket();
    const Statement = [{ Resource: `${arn(Bucket)}/*`, ...good }];
    await put(
      Bucket,
      JSON.stringify({ Version: "2012-10-17", Statement }).replace(",", `,${" ".repeat(30_000)}`),
    );
  },
);

const isPublic = async (Bucket: string) =>
  (await owner().send(new GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus?.IsPublic;

/** A statement, and whether it makes a policy public. */
const STATUSES: [string, object, boolean][] = [
  ["everybody", {}, true],
  ["the AWS principal *", { Principal: { AWS: "*" } }, true],
  ["an account", { Principal: { AWS: OTHER } }, false],
  ["a canonical user", { Principal: { CanonicalUser: OTHER_ID } }, false],
  ["a service", { Principal: { Service: "logging.s3.amazonaws.com" } }, false],
  ["everybody with the effect Deny", { Effect: "Deny", Action: "s3:GetObject" }, false],
  [
    "everybody within an address block",
    { Condition: { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } } },
    false,
  ],
  [
    "everybody within half of the internet",
    { Condition: { IpAddress: { "aws:SourceIp": "0.0.0.0/1" } } },
    true,
  ],
  ["everybody from a VPC", { Condition: { StringEquals: { "aws:SourceVpc": "vpc-91237329" } } }, false],
  ["everybody from any VPC", { Condition: { StringLike: { "aws:SourceVpc": "vpc-*" } } }, true],
  [
    "everybody from a VPC with IfExists",
    { Condition: { StringEqualsIfExists: { "aws:SourceVpc": "vpc-91237329" } } },
    true,
  ],
  [
    "everybody of an organization",
    { Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1234567890" } } },
    false,
  ],
  [
    "everybody through an account's access points",
    { Condition: { StringLike: { "s3:DataAccessPointArn": `arn:aws:s3:us-east-1:${OTHER}:accesspoint/*` } } },
    false,
  ],
  ["everybody with a user agent", { Condition: { StringEquals: { "aws:UserAgent": "mine" } } }, true],
  [
    "everybody but one address block",
    { Condition: { NotIpAddress: { "aws:SourceIp": "203.0.113.0/24" } } },
    true,
  ],
];

for (const [what, statement, expected] of STATUSES) {
  behaviour(`a policy for ${what} is ${expected ? "" : "not "}public`, PUBLIC, async () => {
    const Bucket = await bucket();
    await unblock(Bucket);
    await policy(Bucket, statement);
    expect(await isPublic(Bucket)).toBe(expected);
  });
}

behaviour("a policy with one public statement is public", PUBLIC, async () => {
  const Bucket = await bucket();
  await unblock(Bucket);
  await policy(Bucket, { Principal: { AWS: OTHER }, Sid: "one" }, { Sid: "two" });
  expect(await isPublic(Bucket)).toBe(true);
});

behaviour("GetBucketPolicyStatus of a bucket without a policy fails", STATUS, async () => {
  await expect(isPublic(await bucket())).rejects.toMatchObject({ name: "NoSuchBucketPolicy" });
});
