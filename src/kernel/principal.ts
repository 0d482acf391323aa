/** Who calls, as IAM's documents name it. */
export interface Principal {
  type: "root" | "user" | "role" | "service" | "anonymous";
  /** Empty for services and anonymous callers. */
  account: string;
  arn: string;
  /** What GetCallerIdentity answers as `UserId`. */
  id: string;
  accessKeyId?: string;
  /** The ARN of the role that a session is of. */
  role?: string;
  /** `aws:PrincipalTag/…`, those of the session among them. */
  tags?: Readonly<Record<string, string>>;
  /** Condition keys that a session brings along, as `aws:MultiFactorAuthPresent`. */
  keys?: Readonly<Record<string, string>>;
  /** The resource on whose behalf a service calls: `aws:SourceArn`. */
  sourceArn?: string;
  /** The account of that resource: `aws:SourceAccount`. */
  sourceAccount?: string;
}

export const rootOf = (account: string, accessKeyId?: string): Principal => ({
  type: "root",
  account,
  arn: `arn:aws:iam::${account}:root`,
  id: account,
  accessKeyId,
});

export const ANONYMOUS: Principal = { type: "anonymous", account: "", arn: "*", id: "anonymous" };

/** `name` is the service's own, as in trust policies: `s3.amazonaws.com`. */
export const serviceNamed = (name: string, sourceArn?: string, sourceAccount?: string): Principal => ({
  type: "service",
  account: "",
  arn: name,
  id: name,
  sourceArn,
  sourceAccount,
});
