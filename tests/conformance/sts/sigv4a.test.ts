import { CreateBucketCommand, PutBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { type AsymmetricCall, callAsymmetric } from "../sigv4a.ts";

const cloud = conformanceCloud();
const call = (how: AsymmetricCall) => callAsymmetric(cloud.endpoint, how);

const PAGE = doc("IAM/latest/UserGuide/reference_sigv.html");
const ELEMENTS = doc("IAM/latest/UserGuide/reference_sigv-signing-elements.html");
const CONDITIONS = doc("AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html");

const topic = (regionSet: string): AsymmetricCall => ({
  service: "sns",
  regionSet,
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: "Action=CreateTopic&Version=2010-03-31&Name=many",
});

behaviour("a request can be signed with SigV4A for one or more Regions", ELEMENTS, async () => {
  for (const [set, region] of [
    ["*", "us-east-1"],
    ["us-west-2", "us-west-2"],
    ["eu-west-1,us-*", "us-east-1"],
  ] as const) {
    const { status, text } = await call(topic(set));
    expect(status).toBe(200);
    expect(text).toContain(`arn:aws:sns:${region}:000000000000:many`);
  }
});

behaviour("a SigV4A signature for no served Region is refused", PAGE, async () => {
  const { status, text } = await call(topic("mars-*"));
  expect(status).toBe(403);
  expect(text).toContain("<Code>SignatureDoesNotMatch</Code>");
});

behaviour("policies can test whether a request was signed with SigV4A", CONDITIONS, async () => {
  const s3 = new S3Client({ ...cloud.client(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: "asymmetric" }));
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: {
      Effect: "Deny",
      Principal: "*",
      Action: "s3:ListBucket",
      Resource: "arn:aws:s3:::asymmetric",
      Condition: { StringEquals: { "s3:signatureversion": "AWS4-HMAC-SHA256" } },
    },
  });
  const list = () => call({ service: "s3", regionSet: "*", path: "/asymmetric" });
  await s3.send(new PutBucketPolicyCommand({ Bucket: "asymmetric", Policy }));
  expect((await list()).status).toBe(200);
  const other = Policy.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256");
  await s3.send(new PutBucketPolicyCommand({ Bucket: "asymmetric", Policy: other }));
  const { status, text } = await list();
  expect(status).toBe(403);
  expect(text).toContain("<Code>AccessDenied</Code>");
});
