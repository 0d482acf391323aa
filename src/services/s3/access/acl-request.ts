/** The three forms in which a request specifies an ACL: canned, in grant headers, or as an XML document. */

import { canonicalUserOf } from "#aws/canonical-user.ts";
import type { AccessControlPolicy, Grantee as GranteeDocument } from "#aws/contract/types/s3.ts";
import { accessDenied } from "../errors.ts";
import { ownerOf } from "../owner.ts";
import {
  aclTwice,
  emailGrantsEnded,
  grantNotRecognized,
  invalidGranteeId,
  invalidGroup,
  malformedAcl,
  missingAclHeader,
  unexpectedAclBody,
  unknownCannedAcl,
} from "./errors.ts";
import {
  BUCKET_CANNED,
  type CannedAcl,
  cannedGrants,
  type Grant,
  type Grantee,
  groupOf,
  OBJECT_CANNED,
  PERMISSIONS,
  type Permission,
} from "./grants.ts";

/** The ACL members that PutBucketAcl, CreateBucket, PutObject and others share. */
export interface AclRequest {
  ACL?: string;
  GrantFullControl?: string;
  GrantRead?: string;
  GrantReadACP?: string;
  GrantWrite?: string;
  GrantWriteACP?: string;
}

const HEADERS = {
  GrantFullControl: { header: "x-amz-grant-full-control", permission: "FULL_CONTROL" },
  GrantRead: { header: "x-amz-grant-read", permission: "READ" },
  GrantReadACP: { header: "x-amz-grant-read-acp", permission: "READ_ACP" },
  GrantWrite: { header: "x-amz-grant-write", permission: "WRITE" },
  GrantWriteACP: { header: "x-amz-grant-write-acp", permission: "WRITE_ACP" },
} as const satisfies Partial<Record<keyof AclRequest, { header: string; permission: Permission }>>;

const members = Object.keys(HEADERS) as (keyof typeof HEADERS)[];

const hasGrantHeaders = (input: AclRequest) => members.some((member) => input[member] !== undefined);

/** An empty `x-amz-acl`, which the S3 package of Tcl sends by default, asks for none. */
export const asksForAcl = (input: AclRequest): boolean => Boolean(input.ACL) || hasGrantHeaders(input);

export interface AclOf {
  of: "bucket" | "object";
  /** The account ids of the owner of the bucket or object, and of the bucket's owner. */
  owner: string;
  bucketOwner: string;
  method: string;
}

/**
 * Returns the grants that the headers of a request specify, or `undefined` if they specify none.
 * @throws {AwsError} InvalidRequest, InvalidArgument
 */
export function aclInHeaders(
  input: AclRequest,
  { of, owner, bucketOwner, method }: AclOf,
): Grant[] | undefined {
  checkForm(input, of);
  if (input.ACL) return cannedGrants(input.ACL as CannedAcl, owner, bucketOwner);
  return hasGrantHeaders(input) ? grantsInHeaders(input, method) : undefined;
}

/** @throws {AwsError} InvalidRequest, InvalidArgument */
export function checkForm(input: AclRequest, of: AclOf["of"]): void {
  if (!input.ACL) return;
  if (hasGrantHeaders(input)) throw aclTwice();
  if (!(of === "bucket" ? BUCKET_CANNED : OBJECT_CANNED).has(input.ACL)) throw unknownCannedAcl(input.ACL);
}

/**
 * Whether an ACL has no effect in a bucket with ACLs disabled, which accepts only such ACLs:
 * `bucket-owner-full-control`, canned or as a grant, and `private` from the bucket's owner, which
 * many libraries send with each write.
 */
export function changesNothing(input: AclRequest, owner: string, writer: string | undefined): boolean {
  if (input.ACL)
    return input.ACL === "bucket-owner-full-control" || (input.ACL === "private" && writer === owner);
  const [only, ...others] = members.filter((member) => input[member] !== undefined);
  if (only !== "GrantFullControl" || others.length > 0) return false;
  return input.GrantFullControl!.replaceAll('"', "") === `id=${canonicalUserOf(owner)}`;
}

/**
 * Returns the grants of a PutBucketAcl or PutObjectAcl request, in any of the three forms.
 * @throws {AwsError} MissingSecurityHeader, UnexpectedContent,
 * MalformedACLError, and the errors of `aclInHeaders`
 */
export function aclOfRequest(
  input: AclRequest & { AccessControlPolicy?: AccessControlPolicy },
  about: AclOf,
): Grant[] {
  const inHeaders = aclInHeaders(input, about);
  const document = input.AccessControlPolicy;
  if (inHeaders) {
    if (document) throw unexpectedAclBody();
    return inHeaders;
  }
  if (!document) throw missingAclHeader();
  return grantsInDocument(document, about);
}

const MAX_GRANTS = 100;

function grantsInHeaders(input: AclRequest, method: string): Grant[] {
  const grants = members.flatMap((member) => {
    const value = input[member];
    if (value === undefined) return [];
    const { header, permission } = HEADERS[member];
    return value
      .split(",")
      .map((entry) => ({ to: granteeIn(entry.trim(), header, value, method), permission }));
  });
  if (grants.length > MAX_GRANTS) throw malformedAcl();
  return grants;
}

/** Parses `id="…"`, `uri="…"` or `emailAddress="…"`, with or without quotes. */
function granteeIn(entry: string, header: string, whole: string, method: string): Grantee {
  const [, kind, text] = /^(id|uri|emailAddress)\s*=\s*"?([^"]*)"?$/i.exec(entry) ?? [];
  switch (kind?.toLowerCase()) {
    case "id":
      return userOf(text!, "id");
    case "uri":
      return groupNamed(text!, "uri");
    case "emailaddress":
      throw emailGrantsEnded(method);
    default:
      throw grantNotRecognized(header, whole);
  }
}

function grantsInDocument({ Owner, Grants }: AccessControlPolicy, { owner, method }: AclOf): Grant[] {
  if (Owner?.ID === undefined || !Grants || Grants.length > MAX_GRANTS) throw malformedAcl();
  userOf(Owner.ID, "Owner/ID");
  // An ACL grants permissions but cannot change the owner.
  if (Owner.ID !== ownerOf(owner).ID) throw accessDenied();
  return Grants.map(({ Grantee, Permission }) => {
    if (Permission === undefined || !PERMISSIONS.has(Permission) || !Grantee) throw malformedAcl();
    return { to: granteeNamed(Grantee, method), permission: Permission };
  });
}

function granteeNamed({ Type, ID, URI, EmailAddress }: GranteeDocument, method: string): Grantee {
  switch (Type) {
    case "CanonicalUser":
      if (ID === undefined) throw malformedAcl();
      return userOf(ID, "CanonicalUser/ID");
    case "Group":
      if (URI === undefined) throw malformedAcl();
      return groupNamed(URI, "Group/URI");
    case "AmazonCustomerByEmail":
      if (EmailAddress === undefined) throw malformedAcl();
      throw emailGrantsEnded(method);
    default:
      throw malformedAcl();
  }
}

function userOf(id: string, argument: string): Grantee {
  if (!/^(?:[0-9a-f]{32}|[0-9a-f]{64})$/.test(id)) throw invalidGranteeId(argument, id);
  return { user: id };
}

function groupNamed(uri: string, argument: string): Grantee {
  const group = groupOf(uri);
  if (!group) throw invalidGroup(argument, uri);
  return { group };
}
