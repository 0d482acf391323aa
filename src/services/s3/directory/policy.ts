import type { Vocabulary } from "../access/policy-rules.ts";

/**
 * What the policy of a directory bucket can name: the permission to create sessions, which is that for all calls on
 * objects.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-security-iam-example-bucket-policies.html
 */
export const OF_DIRECTORIES: Vocabulary = {
  service: "s3express",
  ofBuckets: new Set(["s3express:createsession"]),
  ofObjects: new Set(),
  others: new Set(),
  isConditionKey: (key) => CONDITION_KEY.test(key),
};

const CONDITION_KEY =
  /^(aws:|s3express:(sessionmode|locationname|resourceaccount|authtype|signatureage|signatureversion|tlsversion|x-amz-content-sha256|x-amz-server-side-encryption|x-amz-server-side-encryption-aws-kms-key-id)$|s3express:buckettag\/.)/i;
