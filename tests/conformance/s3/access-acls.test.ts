import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketAclCommand,
  GetObjectAclCommand,
  type ObjectCannedACL,
  PutBucketAclCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { bucketAccess, denied, OTHER, OTHER_ID, OWNER_ID, THIRD, THIRD_ID } from "./bucket-access.ts";

const cloud = conformanceCloud();
const { owner, other, anonymous, account, bucket, unblock, policy, put, get, list } = bucketAccess(cloud);

const ACLS = doc("AmazonS3/latest/userguide/acl-overview.html");
const CANNED = doc("AmazonS3/latest/userguide/acl-overview.html#canned-acl");
const PUT_BUCKET = doc("AmazonS3/latest/API/API_PutBucketAcl.html");
const PUT_OBJECT = doc("AmazonS3/latest/API/API_PutObjectAcl.html");
const CREATE = doc("AmazonS3/latest/API/API_CreateBucket.html");
const COPY = doc("AmazonS3/latest/API/API_CopyObject.html");

const ALL = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/** Creates a bucket with ACLs enabled and no public access block. */
async function withAcls(ObjectOwnership: "ObjectWriter" | "BucketOwnerPreferred" = "ObjectWriter") {
  const Bucket = await bucket({ ObjectOwnership });
  await unblock(Bucket);
  return Bucket;
}

const bucketAcl = (Bucket: string) => owner().send(new GetBucketAclCommand({ Bucket }));
const objectAcl = (Bucket: string, Key = "k", as = owner()) =>
  as.send(new GetObjectAclCommand({ Bucket, Key }));

/** `READ http://…/AllUsers` or `READ <id>` */
const grantsIn = (acl: Awaited<ReturnType<typeof bucketAcl>>) =>
  acl.Grants!.map(({ Permission, Grantee }) => `${Permission} ${Grantee!.URI ?? Grantee!.ID}`);
const OWNS = `FULL_CONTROL ${OWNER_ID}`;

behaviour("only the owner has access to a new bucket", ACLS, async () => {
  const acl = await bucketAcl(await bucket());
  expect(acl.Owner).toEqual({ ID: OWNER_ID });
  expect(acl.Grants).toEqual([
    { Grantee: { Type: "CanonicalUser", ID: OWNER_ID }, Permission: "FULL_CONTROL" },
  ]);
});

behaviour("only the owner has access to a new object", ACLS, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  const acl = await objectAcl(Bucket);
  expect(acl.Owner).toEqual({ ID: OWNER_ID });
  expect(grantsIn(acl)).toEqual([OWNS]);
});

const BUCKET_ACLS: [string, string[]][] = [
  ["private", [OWNS]],
  ["public-read", [OWNS, `READ ${ALL}`]],
  ["public-read-write", [OWNS, `READ ${ALL}`, `WRITE ${ALL}`]],
  ["authenticated-read", [OWNS, `READ ${AUTHENTICATED}`]],
  ["log-delivery-write", [OWNS, `WRITE ${LOGS}`, `READ_ACP ${LOGS}`]],
];
for (const [ACL, grants] of BUCKET_ACLS) {
  behaviour(`the canned ACL ${ACL} expands to its grants on a bucket`, CANNED, async () => {
    const Bucket = await withAcls();
    await owner().send(new PutBucketAclCommand({ Bucket, ACL: ACL as "private" }));
    expect(grantsIn(await bucketAcl(Bucket))).toEqual(grants);
  });
}

const OBJECT_ACLS: [ObjectCannedACL, string[]][] = [
  ["private", [`FULL_CONTROL ${OTHER_ID}`]],
  ["public-read", [`FULL_CONTROL ${OTHER_ID}`, `READ ${ALL}`]],
  ["public-read-write", [`FULL_CONTROL ${OTHER_ID}`, `READ ${ALL}`, `WRITE ${ALL}`]],
  ["authenticated-read", [`FULL_CONTROL ${OTHER_ID}`, `READ ${AUTHENTICATED}`]],
  ["bucket-owner-read", [`FULL_CONTROL ${OTHER_ID}`, `READ ${OWNER_ID}`]],
  ["bucket-owner-full-control", [`FULL_CONTROL ${OTHER_ID}`, OWNS]],
];
for (const [ACL, grants] of OBJECT_ACLS) {
  behaviour(`the canned ACL ${ACL} expands to its grants on another account's object`, CANNED, async () => {
    const Bucket = await withAcls();
    await policy(Bucket, { Principal: { AWS: OTHER }, Action: ["s3:PutObject", "s3:PutObjectAcl"] });
    await other().send(new PutObjectCommand({ Bucket, Key: "k", Body: "", ACL }));
    const acl = await objectAcl(Bucket, "k", other());
    expect(acl.Owner).toEqual({ ID: OTHER_ID });
    expect(grantsIn(acl)).toEqual(grants);
  });
}

behaviour(
  "grant headers of PutBucketAcl replace all grants, for accounts and groups",
  PUT_BUCKET,
  async () => {
    const Bucket = await withAcls();
    await owner().send(
      new PutBucketAclCommand({
        Bucket,
        GrantRead: `uri="${ALL}"`,
        GrantWrite: `id="${OTHER_ID}", id=${THIRD_ID}`,
        GrantFullControl: `id="${OWNER_ID}"`,
      }),
    );
    expect(grantsIn(await bucketAcl(Bucket)).sort()).toEqual(
      [OWNS, `READ ${ALL}`, `WRITE ${OTHER_ID}`, `WRITE ${THIRD_ID}`].sort(),
    );
  },
);

behaviour("PutObject accepts grant headers", doc("AmazonS3/latest/API/API_PutObject.html"), async () => {
  const Bucket = await withAcls();
  await put(Bucket, "k", { GrantRead: `id=${OTHER_ID}`, GrantFullControl: `id=${OWNER_ID}` });
  expect(grantsIn(await objectAcl(Bucket))).toEqual([OWNS, `READ ${OTHER_ID}`]);
  await get(other(), Bucket);
});

behaviour("an AccessControlPolicy document replaces all grants", PUT_OBJECT, async () => {
  const Bucket = await withAcls();
  await put(Bucket);
  const grant = (ID: string, Permission: "READ" | "FULL_CONTROL") => ({
    Grantee: { Type: "CanonicalUser" as const, ID },
    Permission,
  });
  await owner().send(
    new PutObjectAclCommand({
      Bucket,
      Key: "k",
      AccessControlPolicy: {
        Owner: { ID: OWNER_ID },
        Grants: [
          grant(OWNER_ID, "FULL_CONTROL"),
          grant(OTHER_ID, "READ"),
          { Grantee: { Type: "Group", URI: AUTHENTICATED }, Permission: "READ_ACP" },
        ],
      },
    }),
  );
  expect(grantsIn(await objectAcl(Bucket))).toEqual([OWNS, `READ ${OTHER_ID}`, `READ_ACP ${AUTHENTICATED}`]);
});

// Effects of grants

behaviour("READ on an object lets everybody get it", ACLS, async () => {
  const Bucket = await withAcls();
  await put(Bucket, "k", { ACL: "public-read" });
  await put(Bucket, "private");
  await get(anonymous(), Bucket);
  await expect(get(anonymous(), Bucket, "private")).rejects.toMatchObject(denied);
});

behaviour("AuthenticatedUsers includes callers of any account but no anonymous callers", ACLS, async () => {
  const Bucket = await withAcls();
  await put(Bucket, "k", { ACL: "authenticated-read" });
  await get(other(), Bucket);
  await expect(get(anonymous(), Bucket)).rejects.toMatchObject(denied);
});

behaviour("READ on a bucket allows listing it, but not getting its objects", ACLS, async () => {
  const Bucket = await withAcls();
  await put(Bucket);
  await owner().send(new PutBucketAclCommand({ Bucket, ACL: "public-read" }));
  expect((await list(anonymous(), Bucket)).KeyCount).toBe(1);
  await expect(get(anonymous(), Bucket)).rejects.toMatchObject(denied);
});

behaviour("WRITE on a bucket allows putting and deleting objects", ACLS, async () => {
  const Bucket = await withAcls();
  await owner().send(new PutBucketAclCommand({ Bucket, ACL: "public-read-write" }));
  await anonymous().send(new PutObjectCommand({ Bucket, Key: "k", Body: Buffer.from("data") }));
  await anonymous().send(new DeleteObjectCommand({ Bucket, Key: "k" }));
});

behaviour("READ_ACP allows reading the ACL, WRITE_ACP allows changing it", ACLS, async () => {
  const Bucket = await withAcls();
  await put(Bucket, "k", { GrantFullControl: `id=${OWNER_ID}`, GrantReadACP: `id=${OTHER_ID}` });
  await objectAcl(Bucket, "k", other());
  const change = () => other().send(new PutObjectAclCommand({ Bucket, Key: "k", ACL: "private" }));
  await expect(change()).rejects.toMatchObject(denied);
  await put(Bucket, "k", { GrantFullControl: `id=${OWNER_ID}`, GrantWriteACP: `id=${OTHER_ID}` });
  await expect(objectAcl(Bucket, "k", other())).rejects.toMatchObject(denied);
  await change();
  expect(grantsIn(await objectAcl(Bucket))).toEqual([OWNS]);
});

behaviour("FULL_CONTROL includes all permissions", ACLS, async () => {
  const Bucket = await withAcls();
  await put(Bucket, "k", { GrantFullControl: `id=${OTHER_ID}` });
  await get(other(), Bucket);
  await objectAcl(Bucket, "k", other());
});

behaviour("a grant to one account does not apply to another", ACLS, async () => {
  const Bucket = await withAcls();
  await put(Bucket, "k", { GrantRead: `id=${OTHER_ID}` });
  await expect(get(account(THIRD), Bucket)).rejects.toMatchObject(denied);
});

behaviour("an explicit deny in the policy overrides a grant", ACLS, async () => {
  const Bucket = await withAcls();
  await put(Bucket, "k", { ACL: "public-read" });
  await policy(Bucket, { Effect: "Deny", Action: "s3:GetObject" });
  await expect(get(anonymous(), Bucket)).rejects.toMatchObject(denied);
});

behaviour("each version has its own ACL", PUT_OBJECT, async () => {
  const Bucket = await withAcls();
  await owner().send(
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
  );
  const { VersionId } = await put(Bucket, "k", { ACL: "public-read" });
  await put(Bucket);
  await expect(get(anonymous(), Bucket)).rejects.toMatchObject(denied);
  await get(anonymous(), Bucket, "k", { VersionId });
  await owner().send(new PutObjectAclCommand({ Bucket, Key: "k", VersionId, ACL: "private" }));
  await expect(get(anonymous(), Bucket, "k", { VersionId })).rejects.toMatchObject(denied);
});

behaviour("CopyObject does not copy the source's ACL", COPY, async () => {
  const Bucket = await withAcls();
  await put(Bucket, "k", { ACL: "public-read" });
  const copy = (more: object) =>
    owner().send(new CopyObjectCommand({ Bucket, Key: "c", CopySource: `${Bucket}/k`, ...more }));
  await copy({});
  expect(grantsIn(await objectAcl(Bucket, "c"))).toEqual([OWNS]);
  await copy({ ACL: "public-read" });
  await get(anonymous(), Bucket, "c");
});

behaviour(
  "the ACL of a multipart upload is set by CreateMultipartUpload",
  doc("AmazonS3/latest/API/API_CreateMultipartUpload.html"),
  async () => {
    const Bucket = await withAcls();
    const at = { Bucket, Key: "m" };
    const { UploadId } = await owner().send(new CreateMultipartUploadCommand({ ...at, ACL: "public-read" }));
    const { ETag } = await owner().send(
      new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: "data" }),
    );
    await owner().send(
      new CompleteMultipartUploadCommand({
        ...at,
        UploadId,
        MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] },
      }),
    );
    expect(grantsIn(await objectAcl(Bucket, "m"))).toEqual([OWNS, `READ ${ALL}`]);
    await get(anonymous(), Bucket, "m");
  },
);

behaviour("CreateBucket accepts an ACL", CREATE, async () => {
  const Bucket = await bucket({ ObjectOwnership: "ObjectWriter", GrantRead: `id=${OTHER_ID}` });
  expect(grantsIn(await bucketAcl(Bucket))).toEqual([`READ ${OTHER_ID}`]);
});

behaviour("CreateBucket refuses a public ACL, since new buckets block public access", CREATE, async () => {
  const made = owner().send(
    new CreateBucketCommand({ Bucket: "made-public", ObjectOwnership: "ObjectWriter", ACL: "public-read" }),
  );
  await expect(made).rejects.toMatchObject({
    name: "InvalidBucketAclWithBlockPublicAccessError",
    message: "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
    $metadata: { httpStatusCode: 400 },
  });
});

behaviour("CreateBucket refuses an ACL where ACLs are disabled", CREATE, async () => {
  const made = owner().send(new CreateBucketCommand({ Bucket: "made-with-acl", ACL: "authenticated-read" }));
  await expect(made).rejects.toMatchObject({
    name: "InvalidBucketAclWithObjectOwnership",
    message: "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    $metadata: { httpStatusCode: 400 },
  });
});

const EMPTY = "https://github.com/open-io/swift3/pull/90";

behaviour("an empty canned ACL is as none", EMPTY, async () => {
  const client = owner();
  client.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers["x-amz-acl"] = "";
      return next(args);
    },
    { step: "build" },
  );
  const Bucket = `empty-acl-${Date.now()}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: "k", Body: "x" }));
  expect(grantsIn(await objectAcl(Bucket, "k", client))).toHaveLength(1);
});

// Refusals

const WRONG: [string, object, object][] = [
  [
    "an unknown canned ACL",
    { ACL: "public" },
    { name: "InvalidArgument", ArgumentName: "x-amz-acl", ArgumentValue: "public" },
  ],
  [
    "a request without an ACL",
    {},
    {
      name: "MissingSecurityHeader",
      message: "Your request was missing a required header",
      MissingHeaderName: "x-amz-acl",
    },
  ],
  [
    "both a canned ACL and grants",
    { ACL: "private", GrantRead: `uri="${ALL}"` },
    { name: "InvalidRequest", message: "Specifying both Canned ACLs and Header Grants is not allowed" },
  ],
  [
    "both a header and a document",
    { ACL: "private", AccessControlPolicy: { Owner: { ID: OWNER_ID }, Grants: [] } },
    { name: "UnexpectedContent", message: "This request does not support content" },
  ],
  [
    "a grantee of an unknown type",
    { GrantRead: `name="bob"` },
    { name: "InvalidArgument", message: "Argument format not recognized", ArgumentName: "x-amz-grant-read" },
  ],
  [
    "an invalid canonical user ID",
    { GrantRead: `id="bob"` },
    { name: "InvalidArgument", message: "Invalid id", ArgumentName: "id", ArgumentValue: "bob" },
  ],
  [
    "an unknown group",
    { GrantRead: `uri="http://acs.amazonaws.com/groups/none"` },
    { name: "InvalidArgument", message: "Invalid group uri", ArgumentName: "uri" },
  ],
  [
    "a document without an owner",
    { AccessControlPolicy: { Grants: [] } },
    {
      name: "MalformedACLError",
      message: "The XML you provided was not well-formed or did not validate against our published schema",
    },
  ],
  [
    "an unknown permission",
    {
      AccessControlPolicy: {
        Owner: { ID: OWNER_ID },
        Grants: [{ Grantee: { Type: "CanonicalUser", ID: OTHER_ID }, Permission: "GOD" }],
      },
    },
    { name: "MalformedACLError" },
  ],
  [
    "an invalid canonical user ID in a document",
    {
      AccessControlPolicy: {
        Owner: { ID: OWNER_ID },
        Grants: [{ Grantee: { Type: "CanonicalUser", ID: "bob" }, Permission: "READ" }],
      },
    },
    { name: "InvalidArgument", message: "Invalid id", ArgumentName: "CanonicalUser/ID" },
  ],
  [
    "an unknown group in a document",
    {
      AccessControlPolicy: {
        Owner: { ID: OWNER_ID },
        Grants: [{ Grantee: { Type: "Group", URI: "none" }, Permission: "READ" }],
      },
    },
    { name: "InvalidArgument", message: "Invalid group uri", ArgumentName: "Group/URI" },
  ],
];

for (const [what, input, error] of WRONG) {
  behaviour(`PutBucketAcl refuses ${what}`, PUT_BUCKET, async () => {
    const Bucket = await withAcls();
    await expect(owner().send(new PutBucketAclCommand({ Bucket, ...input }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 400 },
      ...error,
    });
  });
}

behaviour("an ACL cannot change the owner of an object", PUT_OBJECT, async () => {
  const Bucket = await withAcls();
  await put(Bucket);
  const given = owner().send(
    new PutObjectAclCommand({
      Bucket,
      Key: "k",
      AccessControlPolicy: { Owner: { ID: OTHER_ID }, Grants: [] },
    }),
  );
  await expect(given).rejects.toMatchObject(denied);
});

behaviour("grants by e-mail address are not supported", PUT_BUCKET, async () => {
  const Bucket = await withAcls();
  const grant = owner().send(new PutBucketAclCommand({ Bucket, GrantRead: `emailAddress="a@example.com"` }));
  await expect(grant).rejects.toMatchObject({ $metadata: { httpStatusCode: 405 } });
});
