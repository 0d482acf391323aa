import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteObjectCommand,
  GetBucketOwnershipControlsCommand,
  GetObjectAclCommand,
  ListObjectsV2Command,
  type ObjectOwnership,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutObjectAclCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { bucketAccess, denied, OTHER, OTHER_ID, OWNER_ID } from "./bucket-access.ts";

const cloud = conformanceCloud();
const { owner, other, anonymous, bucket, unblock, policy, put, get } = bucketAccess(cloud);

const OWNERSHIP = doc("AmazonS3/latest/userguide/about-object-ownership.html");
const ERRORS = doc("AmazonS3/latest/userguide/object-ownership-error-responses.html");
const PUT = doc("AmazonS3/latest/API/API_PutBucketOwnershipControls.html");
const GET = doc("AmazonS3/latest/API/API_GetBucketOwnershipControls.html");
const DELETE = doc("AmazonS3/latest/API/API_DeleteBucketOwnershipControls.html");

const setOwnership = (Bucket: string, ObjectOwnership: ObjectOwnership) =>
  owner().send(
    new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership }] } }),
  );
const ownership = async (Bucket: string) =>
  (await owner().send(new GetBucketOwnershipControlsCommand({ Bucket }))).OwnershipControls!.Rules![0]!
    .ObjectOwnership;

/** Creates a bucket into which the other account may write. */
async function shared(ObjectOwnership: ObjectOwnership) {
  const Bucket = await bucket({ ObjectOwnership });
  await unblock(Bucket);
  await policy(Bucket, {
    Principal: { AWS: OTHER },
    Action: ["s3:PutObject", "s3:PutObjectAcl", "s3:GetObject"],
  });
  return Bucket;
}
const write = (Bucket: string, more: object = {}) =>
  other().send(new PutObjectCommand({ Bucket, Key: "k", Body: "data", ...more }));
const ownerOf = async (Bucket: string, as = owner()) =>
  (await as.send(new GetObjectAclCommand({ Bucket, Key: "k" }))).Owner!.ID;

behaviour("new buckets have BucketOwnerEnforced", OWNERSHIP, async () => {
  expect(await ownership(await bucket())).toBe("BucketOwnerEnforced");
});

for (const wanted of ["BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"] as const) {
  behaviour(
    `CreateBucket accepts the ownership ${wanted}`,
    doc("AmazonS3/latest/API/API_CreateBucket.html"),
    async () => {
      expect(await ownership(await bucket({ ObjectOwnership: wanted }))).toBe(wanted);
    },
  );

  behaviour(`PutBucketOwnershipControls accepts ${wanted}`, PUT, async () => {
    const Bucket = await bucket({ ObjectOwnership: "ObjectWriter" });
    await setOwnership(Bucket, wanted);
    expect(await ownership(Bucket)).toBe(wanted);
  });
}

behaviour("CreateBucket refuses an unknown ownership", PUT, async () => {
  await expect(bucket({ ObjectOwnership: "Mine" as ObjectOwnership })).rejects.toMatchObject({
    name: "InvalidArgument",
    message: "Invalid x-amz-object-ownership header: Mine",
    ArgumentName: "x-amz-object-ownership",
  });
});

behaviour("GetBucketOwnershipControls fails after they are deleted", DELETE, async () => {
  const Bucket = await bucket();
  const gone = await owner().send(new DeleteBucketOwnershipControlsCommand({ Bucket }));
  expect(gone.$metadata.httpStatusCode).toBe(204);
  await expect(ownership(Bucket)).rejects.toMatchObject({
    name: "OwnershipControlsNotFoundError",
    message: "The bucket ownership controls were not found",
    $metadata: { httpStatusCode: 404 },
  });
});

behaviour("ACLs are enabled where a bucket has no ownership controls", DELETE, async () => {
  const Bucket = await bucket();
  await owner().send(new DeleteBucketOwnershipControlsCommand({ Bucket }));
  await owner().send(new PutBucketAclCommand({ Bucket, GrantRead: `id=${OTHER_ID}` }));
  await other().send(new ListObjectsV2Command({ Bucket }));
});

behaviour("an unknown ownership is malformed", GET, async () => {
  await expect(setOwnership(await bucket(), "Mine" as never)).rejects.toMatchObject({
    name: "MalformedXML",
    $metadata: { httpStatusCode: 400 },
  });
});

behaviour("ownership controls with two rules are malformed", PUT, async () => {
  const Rules = [{ ObjectOwnership: "ObjectWriter" }, { ObjectOwnership: "ObjectWriter" }] as const;
  const twice = owner().send(
    new PutBucketOwnershipControlsCommand({
      Bucket: await bucket(),
      OwnershipControls: { Rules: [...Rules] },
    }),
  );
  await expect(twice).rejects.toMatchObject({ name: "MalformedXML" });
});

behaviour("BucketOwnerEnforced: the bucket's owner owns what another account writes", OWNERSHIP, async () => {
  const Bucket = await shared("BucketOwnerEnforced");
  await write(Bucket);
  expect(await ownerOf(Bucket)).toBe(OWNER_ID);
  await get(owner(), Bucket);
});

behaviour(
  "ObjectWriter: the writer owns the object, and the bucket's owner cannot read it",
  OWNERSHIP,
  async () => {
    const Bucket = await shared("ObjectWriter");
    await write(Bucket);
    expect(await ownerOf(Bucket, other())).toBe(OTHER_ID);
    await expect(get(owner(), Bucket)).rejects.toMatchObject(denied);
    await get(other(), Bucket);
  },
);

behaviour(
  "ObjectWriter: the bucket's owner can delete the object",
  doc("AmazonS3/latest/userguide/example-bucket-policies.html"),
  async () => {
    const Bucket = await shared("ObjectWriter");
    await write(Bucket);
    await owner().send(new DeleteObjectCommand({ Bucket, Key: "k" }));
  },
);

behaviour(
  "ObjectWriter: the bucket policy does not apply to objects of other owners",
  doc("AmazonS3/latest/userguide/access-policy-language-overview.html"),
  async () => {
    const Bucket = await shared("ObjectWriter");
    await write(Bucket);
    await policy(Bucket, { Action: "s3:GetObject" });
    await expect(get(anonymous(), Bucket)).rejects.toMatchObject(denied);
  },
);

behaviour(
  "BucketOwnerPreferred: the bucket's owner owns the object if it is written with bucket-owner-full-control",
  OWNERSHIP,
  async () => {
    const Bucket = await shared("BucketOwnerPreferred");
    await write(Bucket, { ACL: "bucket-owner-full-control" });
    expect(await ownerOf(Bucket)).toBe(OWNER_ID);
  },
);

behaviour(
  "BucketOwnerPreferred: the writer owns the object if it is written without that ACL",
  OWNERSHIP,
  async () => {
    const Bucket = await shared("BucketOwnerPreferred");
    await write(Bucket);
    expect(await ownerOf(Bucket, other())).toBe(OTHER_ID);
  },
);

behaviour(
  "BucketOwnerEnforced: the bucket's owner becomes the owner of existing objects",
  OWNERSHIP,
  async () => {
    const Bucket = await shared("ObjectWriter");
    await write(Bucket);
    await setOwnership(Bucket, "BucketOwnerEnforced");
    expect(await ownerOf(Bucket)).toBe(OWNER_ID);
    await get(owner(), Bucket);
  },
);

behaviour(
  "a policy can require the ACL bucket-owner-full-control",
  doc("AmazonS3/latest/userguide/ensure-object-ownership.html"),
  async () => {
    const Bucket = await bucket({ ObjectOwnership: "BucketOwnerPreferred" });
    await policy(Bucket, {
      Principal: { AWS: OTHER },
      Action: ["s3:PutObject", "s3:PutObjectAcl"],
      Condition: { StringEquals: { "s3:x-amz-acl": "bucket-owner-full-control" } },
    });
    await expect(write(Bucket)).rejects.toMatchObject(denied);
    await write(Bucket, { ACL: "bucket-owner-full-control" });
  },
);

for (const ACL of ["public-read", "authenticated-read", "bucket-owner-read"] as const) {
  behaviour(`BucketOwnerEnforced: PutObject with the ACL ${ACL} is refused`, ERRORS, async () => {
    await expect(put(await bucket(), "k", { ACL })).rejects.toMatchObject({
      name: "AccessControlListNotSupported",
      message: "The bucket does not allow ACLs",
      $metadata: { httpStatusCode: 400 },
    });
  });
}

behaviour("BucketOwnerEnforced: PutObject accepts bucket-owner-full-control", ERRORS, async () => {
  const Bucket = await bucket();
  await put(Bucket, "k", { ACL: "bucket-owner-full-control" });
  await put(Bucket, "k", { GrantFullControl: `id="${OWNER_ID}"` });
});

behaviour(
  "BucketOwnerEnforced: PutObject by the bucket's owner accepts private",
  doc("AmazonS3/latest/API/API_PutObject.html"),
  async () => {
    const Bucket = await bucket();
    await put(Bucket, "k", { ACL: "private" });
    await owner().send(
      new CopyObjectCommand({ Bucket, Key: "c", CopySource: `${Bucket}/k`, ACL: "private" }),
    );
    await owner().send(new CreateMultipartUploadCommand({ Bucket, Key: "m", ACL: "private" }));
  },
);

behaviour("BucketOwnerEnforced: PutObject by another account refuses private", ERRORS, async () => {
  const Bucket = await shared("BucketOwnerEnforced");
  await expect(write(Bucket, { ACL: "private" })).rejects.toMatchObject({
    name: "AccessControlListNotSupported",
  });
});

behaviour("BucketOwnerEnforced: CopyObject with an ACL is refused", ERRORS, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  const copy = owner().send(
    new CopyObjectCommand({ Bucket, Key: "c", CopySource: `${Bucket}/k`, ACL: "public-read" }),
  );
  await expect(copy).rejects.toMatchObject({ name: "AccessControlListNotSupported" });
});

behaviour("BucketOwnerEnforced: PutBucketAcl and PutObjectAcl are refused", ERRORS, async () => {
  const Bucket = await bucket();
  await put(Bucket);
  const onBucket = owner().send(new PutBucketAclCommand({ Bucket, ACL: "private" }));
  await expect(onBucket).rejects.toMatchObject({ name: "AccessControlListNotSupported" });
  const onObject = owner().send(new PutObjectAclCommand({ Bucket, Key: "k", ACL: "public-read" }));
  await expect(onObject).rejects.toMatchObject({ name: "AccessControlListNotSupported" });
});

behaviour(
  "BucketOwnerEnforced cannot be set while the bucket's ACL grants access to others",
  ERRORS,
  async () => {
    const Bucket = await bucket({ ObjectOwnership: "ObjectWriter" });
    await owner().send(new PutBucketAclCommand({ Bucket, GrantRead: `id=${OTHER_ID}` }));
    await expect(setOwnership(Bucket, "BucketOwnerEnforced")).rejects.toMatchObject({
      name: "InvalidBucketAclWithObjectOwnership",
      message: "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    });
    await owner().send(new PutBucketAclCommand({ Bucket, ACL: "private" }));
    await setOwnership(Bucket, "BucketOwnerEnforced");
  },
);
