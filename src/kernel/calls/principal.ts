/** A caller, in the terms of IAM's documentation. */
export interface Principal {
  type: "root" | "user" | "role" | "service" | "anonymous";
  /** Empty for services and anonymous callers. */
  account: string;
  arn: string;
  /** `UserId` in the response of GetCallerIdentity. */
  id: string;
  accessKeyId?: string;
  /** The ARN of the session's role. */
  role?: string;
  /** `aws:PrincipalTag/…`, including the tags of the session. */
  tags?: Readonly<Record<string, string>>;
  /** The session's condition keys, such as `aws:MultiFactorAuthPresent`. */
  keys?: Readonly<Record<string, string>>;
  /** What the credentials are confined to, if they are those of S3's CreateSession. */
  bucketSession?: BucketSession;
  /** The resource on whose behalf a service calls: `aws:SourceArn`. */
  sourceArn?: string;
  /** The account of that resource: `aws:SourceAccount`. */
  sourceAccount?: string;
}

/**
 * Confines credentials to one directory bucket of S3.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html
 */
export interface BucketSession {
  bucket: string;
  /** The account of the bucket: another account may later have a bucket of the same name. */
  owner: string;
  mode: "ReadOnly" | "ReadWrite";
}

export const rootOf = (account: string, accessKeyId?: string): Principal => ({
  type: "root",
  account,
  arn: `arn:aws:iam::${account}:root`,
  id: account,
  accessKeyId,
});

export const ANONYMOUS: Principal = { type: "anonymous", account: "", arn: "*", id: "anonymous" };

/** A service principal. `name` is spelled as in trust policies: `s3.amazonaws.com`. */
export const serviceNamed = (name: string, sourceArn?: string, sourceAccount?: string): Principal => ({
  type: "service",
  account: "",
  arn: name,
  id: name,
  sourceArn,
  sourceAccount,
});
