import { AwsError } from "#aws/errors.ts";
import { type Denial, sentenceOf } from "#kernel/calls/authorize.ts";
import type { Principal } from "#kernel/calls/principal.ts";
import { accessDenied, invalidArgument, invalidRequest, methodNotAllowed } from "../errors.ts";

/**
 * S3 gives the reason only to callers in the account that owns the resource.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
 */
export function deniedByS3(denial: Denial): AwsError {
  const { principal, fact } = denial;
  const isOwn = principal.account !== "" && (fact.owner ?? principal.account) === principal.account;
  if (!isOwn) return accessDenied();
  const quoted = { ...denial, fact: { ...fact, resource: `"${fact.resource}"` } };
  return new AwsError("AccessDenied", sentenceOf(quoted), { status: 403 });
}

const blocked = (principal: Principal, owner: string, action: string, resource: string, reason: string) =>
  principal.account === owner
    ? new AwsError(
        "AccessDenied",
        `User: ${principal.arn} is not authorized to perform: ${action} on resource: "${resource}" because ${reason}`,
        { status: 403 },
      )
    : accessDenied();

export const publicPolicyBlocked = (principal: Principal, owner: string, action: string, resource: string) =>
  blocked(
    principal,
    owner,
    action,
    resource,
    "public policies are blocked by the BlockPublicPolicy block public access setting.",
  );

export const publicAclBlocked = (principal: Principal, owner: string, action: string, resource: string) =>
  blocked(
    principal,
    owner,
    action,
    resource,
    "public access control lists (ACLs) are blocked by the BlockPublicAcls block public access setting.",
  );

export const customerKeysBlocked = (principal: Principal, owner: string, action: string, resource: string) =>
  blocked(
    principal,
    owner,
    action,
    resource,
    "this bucket has blocked upload requests that specify Server Side Encryption with Customer provided keys (SSE-C). Please specify a different server-side encryption type",
  );

/** The error for anonymous callers, whom no policy can allow these operations. The two spaces are S3's. */
export const anonymousCannot = (what: "copy objects" | "initiate multipart uploads") =>
  new AwsError("AccessDenied", `Anonymous users cannot ${what}.  Please authenticate.`, { status: 403 });

export const anonymousCallsNot = () =>
  new AwsError("AccessDenied", "Anonymous users cannot invoke this API. Please authenticate.", {
    status: 403,
  });

export const neverAnonymous = (action: string) =>
  new AwsError("AccessDenied", `${action} does not support Anonymous requests!`, { status: 403 });

/** An anonymous `GET /` is redirected to the page about S3. */
export const redirectToAboutS3 = () =>
  new AwsError("TemporaryRedirect", "Temporary Redirect", { status: 307, headers: { location: ABOUT_S3 } });

export const ABOUT_S3 = "https://aws.amazon.com/s3/";

export const invalidExpectedOwner = (value: string) =>
  new AwsError(
    "InvalidBucketOwnerAWSAccountID",
    `The value of the expected bucket owner parameter must be an AWS Account ID... [${value}]`,
  );

// Policies

export const malformedPolicy = (message: string, detail?: string) =>
  new AwsError("MalformedPolicy", message, detail === undefined ? {} : { members: { Detail: detail } });

export const noSuchBucketPolicy = (bucket: string) =>
  new AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", {
    status: 404,
    members: { BucketName: bucket },
  });

/** The error for operations on the bucket itself that are called through an access point. */
export const notByAccessPoint = (method = "PUT") => methodNotAllowed(method, "ACCESSPOINT");

/** The error for callers of other accounts, even if a policy allows them the action. */
export const ownersAccountOnly = (method: string) => methodNotAllowed(method, "BUCKETPOLICY");

// Settings

export const emptyPublicAccessBlock = () => invalidRequest("Must specify at least one configuration.");

export const noSuchPublicAccessBlock = (of: { BucketName: string } | { AccountId: string }) =>
  new AwsError(
    "NoSuchPublicAccessBlockConfiguration",
    "The public access block configuration was not found",
    { status: 404, members: of },
  );

export const noSuchOwnershipControls = (bucket: string) =>
  new AwsError("OwnershipControlsNotFoundError", "The bucket ownership controls were not found", {
    status: 404,
    members: { BucketName: bucket },
  });

export const invalidOwnershipHeader = (value: string) =>
  invalidArgument(`Invalid x-amz-object-ownership header: ${value}`, "x-amz-object-ownership", undefined);

export const bucketAclIsPublic = () =>
  new AwsError(
    "InvalidBucketAclWithBlockPublicAccessError",
    "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
  );

// ACLs

export const malformedAcl = () =>
  new AwsError(
    "MalformedACLError",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );

export const missingAclHeader = () =>
  new AwsError("MissingSecurityHeader", "Your request was missing a required header", {
    members: { MissingHeaderName: "x-amz-acl" },
  });

export const aclTwice = () => invalidRequest("Specifying both Canned ACLs and Header Grants is not allowed");

export const unexpectedAclBody = () =>
  new AwsError("UnexpectedContent", "This request does not support content");

export const unknownCannedAcl = (acl: string) => invalidArgument("", "x-amz-acl", acl);

export const grantNotRecognized = (header: string, value: string) =>
  invalidArgument("Argument format not recognized", header, value);

export const invalidGranteeId = (argument: string, id: string) => invalidArgument("Invalid id", argument, id);

export const invalidGroup = (argument: string, uri: string) =>
  invalidArgument("Invalid group uri", argument, uri);

/** Amazon S3 ended support for grants by e-mail address on 2025-10-01. */
export const emailGrantsEnded = (method: string) => methodNotAllowed(method, "ACL");
